import { type ChatMessage, type Conversation, reportMessage } from '@serverless-im/client';
import { type FormEvent, useState } from 'react';
import { LIMITS } from '../../../protocol/limits.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { reasonOf } from './reasons.ts';
import { excerptOf } from './wording.ts';

export interface ReportDialogProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly seq: number;
  onClose(): void;
}

/** Tells the operator about a message (IM-REPORT-1). */
export function ReportDialog({ conversation, message, seq, onClose }: ReportDialogProps) {
  const [reason, setReason] = useState('');
  const [isDone, setIsDone] = useState(false);
  const { error, attempt, forget } = useAttempt(reasonOf);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    attempt(reportMessage(conversation, seq, reason.trim()), () => setIsDone(true));
  };
  if (isDone)
    return (
      <Dialog title={t('Thank you')} onClose={onClose}>
        <p role="status">{t('The people who run this chat will look at the message.')}</p>
        <div className="form-actions">
          <Button kind="primary" data-focus onClick={onClose}>
            {t('Close')}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t('Report this message')} onClose={onClose}>
      <p className="quote" dir="auto">
        {excerptOf(message, 80)}
      </p>
      <form className="form" onSubmit={submit} onChange={forget}>
        <label className="field">
          <span>{t('What is wrong with it?')}</span>
          <input
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            maxLength={LIMITS.reportReasonChars}
            aria-describedby="report-hint"
            dir="auto"
            required
          />
          <small id="report-hint">
            {t('The people who run this chat get a copy of the message. Its sender does not learn of it.')}
          </small>
        </label>
        <FormError text={error} />
        <div className="form-actions">
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button kind="primary" type="submit" disabled={reason.trim() === ''}>
            {t('Report')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
