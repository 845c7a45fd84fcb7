import type { Conversation } from '@serverless-im/client';
import {
  type FormEvent,
  type KeyboardEvent,
  type SyntheticEvent,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
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
  onSent(): void;
}

/** Sends with or without a connection: the SDK keeps messages until there is one. */
export function Composer({ conversation, draftKey, placeholder, onSent }: ComposerProps) {
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
  const excess = excessOf(message, { replyTo, mentions });
  const [refused, setRefused] = useState(0);
  const canSend = message !== '' && excess === 0;
  const isLong = text.length > GROWS_TO_CHARS;
  useEffect(() => {
    // On a touch screen the keyboard would cover the messages.
    if (matchMedia('(hover: hover)').matches) field.current?.focus();
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
    conversation.typing(value !== '');
  };
  const completion = useCompletion(field, text, write);
  const send = (): void => {
    if (!canSend) return;
    conversation.send({ type: 'text', text: message }, { replyTo, mentions });
    typed.current = '';
    setText('');
    setReplyTo(undefined);
    onSent();
  };
  /** The text is not lost: its source still has it. */
  const refuseHuge = (event: SyntheticEvent, { length }: string): void => {
    if (text.length + length <= FIELD_CHARS) return;
    event.preventDefault();
    setRefused(length);
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
          onPaste={(event) => refuseHuge(event, event.clipboardData.getData('text'))}
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
        {refused > 0
          ? t('{count} characters are too many to put here.', { count: refused.toLocaleString() })
          : excess > 0
            ? excessWords(excess)
            : isInVain(message, audience) && 'Only admins may mention everyone here: @all is plain text.'}
      </p>
    </form>
  );
}

/** Whether the text has an `@all` that mentions nobody. */
function isInVain(text: string, audience: Mentionable | undefined): boolean {
  if (audience === undefined || audience.mayMentionAll) return false;
  return mentionsOf(text, { ...audience, mayMentionAll: true }) === ALL;
}
