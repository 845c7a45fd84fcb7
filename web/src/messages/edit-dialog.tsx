import { type ChatMessage, type Conversation, editMessage, ImError } from '@serverless-im/client';
import { type SyntheticEvent, useId, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { isEnter } from '../ui/is-enter.ts';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { excessOf, excessWords } from './length.ts';
import { reasonOf } from './reasons.ts';

export interface EditDialogProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly seq: number;
  readonly text: string;
  onClose(): void;
}

/** Lets the user change the text of a message. A failure keeps the dialog open, with what was written. */
export function EditDialog({ conversation, message, seq, text, onClose }: EditDialogProps) {
  const [draft, setDraft] = useState(text);
  const { error, attempt } = useAttempt(reasonOfEdit);
  const excessId = useId();
  const wanted = draft.trim();
  const excess = excessOf(wanted);
  const canSave = wanted !== '' && wanted !== text && excess === 0;
  const save = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!canSave) return;
    // With the rev that was read: what another device wrote meanwhile is not overwritten unseen.
    const options = { ifRev: message.rev };
    attempt(editMessage(conversation, seq, { type: 'text', text: wanted }, options), onClose);
  };
  return (
    <Dialog title={t('Edit message')} onClose={onClose}>
      <form onSubmit={save}>
        <textarea
          data-focus
          className="edit-field"
          rows={4}
          dir="auto"
          value={draft}
          onChange={({ target }) => setDraft(target.value)}
          onKeyDown={(event) => isEnter(event) && save(event)}
          aria-label={t('Edit message')}
          aria-invalid={excess > 0}
          aria-describedby={excessId}
        />
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

function reasonOfEdit(error: unknown): string {
  const code = error instanceof ImError ? error.code : undefined;
  if (code === 'disconnected')
    return t('Editing needs a connection. Your text stays here: save it once there is one.');
  return code === 'conflict' ? t('The message was changed meanwhile. Close this and look.') : reasonOf(error);
}
