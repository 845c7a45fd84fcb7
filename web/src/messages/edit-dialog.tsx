import {
  type ChatMessage,
  type Conversation,
  type EditedContent,
  type FileContent,
  ImError,
  type TextContent,
} from '@serverless-im/client';
import { type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import { useAudience } from '../groups/use-mentionable.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { isEnter } from '../ui/is-enter.ts';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { excessOf, excessWords } from './length.ts';
import { ALL, type Audience, editedMentions } from './mentions.ts';
import { reasonOf, reasonOfMentioningAll } from './reasons.ts';
import { saveEdit } from './save-edit.ts';
import { useCompletion } from './use-completion.tsx';

export interface EditDialogProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly seq: number;
  readonly content: TextContent | FileContent;
  onClose(): void;
}

/** In a direct conversation the page mentions nobody. */
const NOBODY: Audience = { has: () => false, isComplete: true, mayMentionAll: false };

/** Lets the user change the text of a message. A failure keeps the dialog open, with the typed text. */
export function EditDialog({ conversation, message, seq, content, onClose }: EditDialogProps) {
  const { text = '' } = content;
  const [draft, setDraft] = useState(text);
  const excessId = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // The browser would put the caret before the text.
    const end = field.current?.value.length ?? 0;
    field.current?.setSelectionRange(end, end);
  }, []);
  const completion = useCompletion(field, draft, setDraft);
  const audience = useAudience();
  const wanted = draft.trim();
  const mentions = editedMentions(message, text, wanted, audience ?? NOBODY);
  const { error, attempt, forget } = useAttempt(mentions === ALL ? reasonOfEditToAll : reasonOfEdit);
  const attachments = content.type === 'file' ? content.attachments : undefined;
  const excess = excessOf(wanted, { replyTo: message.replyTo, mentions, attachments });
  // Files need no text.
  const canSave = (wanted !== '' || attachments !== undefined) && wanted !== text && excess === 0;
  const save = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!canSave) return;
    // The edit does not overwrite a later one of another device.
    const reading = { seq, text, rev: message.rev };
    const saved = saveEdit(conversation, reading, edited(content, wanted), { ...(mentions && { mentions }) });
    attempt(saved, onClose);
  };
  return (
    <Dialog title={t('Edit message')} onClose={onClose}>
      <form onSubmit={save} onChange={forget}>
        <div className="edit-place">
          <textarea
            ref={field}
            data-focus
            className="edit-field"
            rows={4}
            dir="auto"
            value={draft}
            {...completion.fieldProps}
            onKeyDown={(event) => !completion.takesKey(event) && isEnter(event) && save(event)}
            aria-label={t('Edit message')}
            aria-invalid={excess > 0}
            aria-describedby={excessId}
          />
          {completion.list}
        </div>
        <p id={excessId} className="composer-excess" role="status">
          {excess > 0 && excessWords(excess)}
        </p>
        <FormError text={error} />
        <div className="form-actions">
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button kind="primary" type="submit" disabled={!canSave}>
            {t('Save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function edited(content: TextContent | FileContent, text: string): EditedContent {
  if (content.type === 'text') return { type: 'text', text };
  const attachments = content.attachments.map(({ attachmentId }) => ({ attachmentId }));
  return { type: 'file', attachments, ...(text !== '' && { text }) };
}

function reasonOfEdit(error: unknown): string {
  const code = error instanceof ImError ? error.code : undefined;
  if (code === 'disconnected')
    return t('Editing needs a connection. Your text stays here: save it once there is one.');
  return code === 'conflict'
    ? t('The message has changed meanwhile. Close this dialog to see it.')
    : reasonOf(error);
}

function reasonOfEditToAll(error: unknown): string {
  const isForbidden = error instanceof ImError && error.code === 'forbidden';
  return isForbidden ? reasonOfMentioningAll(error) : reasonOfEdit(error);
}
