import type { Conversation } from '@serverless-im/client';
import {
  type ClipboardEvent,
  type FormEvent,
  type KeyboardEvent,
  type SyntheticEvent,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { AttachButton } from '../files/attach-button.tsx';
import { checkFiles } from '../files/check-files.ts';
import { useChosenFiles } from '../files/chosen-files.ts';
import { ChosenList } from '../files/chosen-list.tsx';
import { DropZone } from '../files/drop-zone.tsx';
import { useFileLimits } from '../files/limits.ts';
import { withShape } from '../files/shapes.ts';
import { pastedFiles } from '../files/transfer.ts';
import { type Mentionable, useAudience } from '../groups/use-mentionable.ts';
import { useIm } from '../session/client-context.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { isEnter } from '../ui/is-enter.ts';
import { t } from '../ui/texts.ts';
import { useDraft, useDraftReply } from './drafts.ts';
import { excessOf, excessWords } from './length.ts';
import { ALL, mentionsOf } from './mentions.ts';
import { Answering } from './replies.tsx';
import { useCompletion } from './use-completion.tsx';
import '../files/choosing.css';
import './composer.css';

/** The field grows with its text up to this length, for which the browser lays out the text a second time. */
const GROWS_TO_CHARS = 4_000;
/** Four messages. A field with a megabyte freezes the page at each key. */
const FIELD_CHARS = 65_536;

export interface ComposerProps {
  readonly conversation: Conversation;
  /** Names the draft. */
  readonly draftKey: string;
  readonly placeholder: string;
  /** What dropping files here does. */
  readonly dropText: string;
  onSent(): void;
}

/** Sends with or without a connection: the SDK keeps messages until there is one. */
export function Composer({ conversation, draftKey, placeholder, dropText, onSent }: ComposerProps) {
  const im = useIm();
  const [text, setText] = useDraft(im, draftKey);
  const [replyTo, setReplyTo] = useDraftReply(im, draftKey);
  const answered = useRef(replyTo);
  const field = useRef<HTMLTextAreaElement>(null);
  const typed = useRef(text);
  const excessId = useId();
  const message = text.trim();
  const audience = useAudience();
  const mentions = audience && mentionsOf(message, audience);
  const limits = useFileLimits();
  const [files, setFiles] = useChosenFiles(im, draftKey);
  const [refusals, setRefusals] = useState<readonly string[]>([]);
  const excess = excessOf(message, { replyTo, mentions, ...recordsOf(files) });
  const [refused, setRefused] = useState(0);
  const canSend = (message !== '' || files.length > 0) && excess === 0;
  const isLong = text.length > GROWS_TO_CHARS;
  useEffect(() => {
    // On a touch screen the keyboard would cover the messages. The demo's second field may be below the window.
    if (matchMedia('(hover: hover)').matches) field.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    // A refused message was put here to be edited.
    if (text !== typed.current) field.current?.focus();
    typed.current = text;
  }, [text]);

  useEffect(() => {
    if (replyTo !== undefined && replyTo !== answered.current) field.current?.focus();
    answered.current = replyTo;
  }, [replyTo]);

  const write = (value: string): void => {
    typed.current = value;
    setText(value);
    setRefused(0);
    setRefusals([]);
    conversation.typing(value !== '');
  };
  const completion = useCompletion(field, text, write);
  const add = (added: readonly File[]): void => {
    if (limits === undefined) {
      setRefusals([t('Files are switched off here.')]);
      return;
    }
    const checked = checkFiles(files, added, limits);
    setFiles(checked.chosen);
    setRefusals(checked.refusals);
    field.current?.focus();
  };
  const remove = (file: File): void => {
    setFiles(files.filter((one) => one !== file));
    setRefusals([]);
    field.current?.focus();
  };
  const send = (): void => {
    if (!canSend) return;
    if (files.length === 0) conversation.send({ type: 'text', text: message }, { replyTo, mentions });
    else {
      const more = { ...(message !== '' && { text: message }), replyTo, mentions };
      conversation.sendFile(files.map(withShape), more);
    }
    typed.current = '';
    setText('');
    setFiles([]);
    setRefusals([]);
    setReplyTo(undefined);
    onSent();
  };
  /** The text is not lost: its source still has it. */
  const refuseHuge = (event: SyntheticEvent, { length }: string): void => {
    if (text.length + length <= FIELD_CHARS) return;
    event.preventDefault();
    setRefused(length);
  };
  const onPaste = (event: ClipboardEvent): void => {
    const pasted = pastedFiles(event.clipboardData);
    if (pasted.length > 0) {
      event.preventDefault();
      add(pasted);
    } else refuseHuge(event, event.clipboardData.getData('text'));
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    send();
  };
  const cancelReply = (): void => {
    setReplyTo(undefined);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (completion.takesKey(event)) return;
    if (event.key === 'Escape' && replyTo !== undefined) cancelReply();
    if (!isEnter(event)) return;
    event.preventDefault();
    send();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      {replyTo !== undefined && (
        <Answering conversation={conversation} seq={replyTo} onCancel={cancelReply} />
      )}
      {files.length > 0 && <ChosenList files={files} onRemove={remove} />}
      <DropZone text={limits === undefined ? t('Files are switched off here.') : dropText} onFiles={add} />
      {limits !== undefined && <AttachButton types={limits.types} onFiles={add} />}
      <div
        className={isLong ? 'composer-field is-long' : 'composer-field'}
        data-text={isLong ? '' : `${text}\n`}
      >
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          {...completion.fieldProps}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onDrop={(event) => refuseHuge(event, event.dataTransfer.getData('text'))}
          aria-label={placeholder}
          aria-invalid={excess > 0}
          aria-describedby={excessId}
          placeholder={placeholder}
          enterKeyHint="send"
        />
      </div>
      {completion.list}
      <IconButton icon="send" label={t('Send')} type="submit" className="composer-send" disabled={!canSend} />
      <p id={excessId} className="composer-excess" role="status">
        {refusals.length > 0
          ? refusals.join(' ')
          : refused > 0
            ? t('{count} characters are too many to put here.', { count: refused.toLocaleString() })
            : excess > 0
              ? excessWords(excess)
              : isInVain(message, audience) && 'Only admins may mention everyone here: @all is plain text.'}
      </p>
    </form>
  );
}

/** About as long as what the server will keep of these files in the message, which must fit into it. */
function recordsOf(files: readonly File[]): { readonly attachments?: readonly object[] } {
  if (files.length === 0) return {};
  const most = { attachmentId: '0'.repeat(26), width: 99_999, height: 99_999, durationMs: 99_999_999 };
  const thumbnail = { type: 'image/webp', size: 99_999, width: 320, height: 320 };
  return { attachments: files.map(({ name, size, type }) => ({ ...most, name, size, type, thumbnail })) };
}

/** Whether the text has an `@all` that mentions nobody. */
function isInVain(text: string, audience: Mentionable | undefined): boolean {
  if (audience === undefined || audience.mayMentionAll) return false;
  return mentionsOf(text, { ...audience, mayMentionAll: true }) === ALL;
}
