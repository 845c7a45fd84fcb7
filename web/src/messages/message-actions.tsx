import { type ChatMessage, type Conversation, ImError, pinMessage } from '@serverless-im/client';
import { useState } from 'react';
import { LIMITS } from '../../../protocol/limits.ts';
import { Confirmation } from '../ui/ask-first.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { t } from '../ui/texts.ts';
import { clockTime } from '../ui/times.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { useNow } from '../ui/use-now.ts';
import { EditDialog } from './edit-dialog.tsx';
import { ReactionPicker } from './reactions.tsx';
import { ReaderList } from './reader-list.tsx';
import { reasonOf } from './reasons.ts';
import { useReplyActions } from './replies.tsx';
import { ReportDialog } from './report-dialog.tsx';
import { excerptOf, hasText, isSaid, textOf } from './wording.ts';

/** `menu`: lets the user choose. `readers`: shows who has read it. */
export type MessageAction = 'menu' | 'react' | 'edit' | 'readers' | 'report' | 'take back';

const EXCERPT_CHARS = 80;

export interface MessageActionsProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly isAdmin: boolean;
  readonly action: MessageAction;
  onClose(): void;
}

/**
 * The dialogs of a message's actions. The list shows them beside its rows, since a row leaves the page when it is
 * scrolled away, by new messages too.
 */
export function MessageActions(props: MessageActionsProps) {
  const { conversation, message, onClose } = props;
  const [action, setAction] = useState(props.action);
  const isRecallable = useMayRecall(message, props.isAdmin);
  const isEditable = useMayEdit(message);
  const { error, attempt } = useAttempt(reasonOfMenu);
  const { answer, mayPin } = useReplyActions();
  const { seq, content, sentAt, pinned } = message;
  const untilWhen = props.isAdmin
    ? []
    : [t('You can take it back until {time}.', { time: clockTime(sentAt + LIMITS.recallWindowMs) })];
  if (action === 'react')
    return (
      <Dialog title={t('React')} onClose={onClose}>
        <ReactionPicker {...{ conversation, message }} onDone={onClose} />
      </Dialog>
    );
  if (action === 'readers') return <ReaderList message={message} onClose={onClose} />;
  if (action === 'edit' && seq !== undefined && hasText(content))
    return <EditDialog {...{ conversation, message, seq, content, onClose }} />;
  if (action === 'report' && seq !== undefined)
    return <ReportDialog {...{ conversation, message, seq, onClose }} />;
  if (action === 'take back' && seq !== undefined)
    return (
      <Confirmation
        title={t('Take this message back?')}
        quote={excerptOf(message, EXCERPT_CHARS)}
        text={[
          t("It disappears for everyone in this conversation. This can't be undone."),
          ...untilWhen,
        ].join(' ')}
        action={t('Take back')}
        act={() => conversation.recall(seq)}
        wordsOf={reasonOfRecall}
        onClose={onClose}
      />
    );
  const text = content.type === 'file' ? content.text : textOf(message);
  // A page without TLS has no clipboard.
  const copy = async () => navigator.clipboard.writeText(text ?? '');
  return (
    <Dialog title={t('Message')} onClose={onClose}>
      <p className="quote" dir="auto">
        {excerptOf(message, EXCERPT_CHARS)}
      </p>
      {answer !== undefined && isSaid(content) && (
        <ReactionPicker {...{ conversation, message }} onDone={onClose} />
      )}
      <div className="message-menu">
        {answer !== undefined && seq !== undefined && (
          <Button
            onClick={() => {
              answer(seq);
              onClose();
            }}
          >
            {t('Reply')}
          </Button>
        )}
        {text !== undefined && <Button onClick={() => attempt(copy(), onClose)}>{t('Copy text')}</Button>}
        {mayPin && seq !== undefined && isSaid(content) && (
          <Button onClick={() => attempt(pinMessage(conversation, seq, pinned === undefined), onClose)}>
            {pinned === undefined ? t('Pin') : t('Unpin')}
          </Button>
        )}
        {isEditable && <Button onClick={() => setAction('edit')}>{t('Edit')}</Button>}
        {!message.mine && seq !== undefined && isSaid(content) && (
          <Button onClick={() => setAction('report')}>{t('Report')}</Button>
        )}
        {isRecallable && (
          <Button kind="danger" onClick={() => setAction('take back')}>
            {t('Take back')}
          </Button>
        )}
      </div>
      <FormError text={error} />
    </Dialog>
  );
}

/** Only hides the action: the server decides, by its own clock. */
export function useMayEdit({ seq, mine, sentAt, content }: ChatMessage): boolean {
  const nowMs = useNow();
  return seq !== undefined && mine && hasText(content) && nowMs - sentAt < LIMITS.editWindowMs;
}

/** Only hides the action: the server decides, by its own clock. */
export function useMayRecall({ seq, mine, sentAt, content }: ChatMessage, isAdmin: boolean): boolean {
  const nowMs = useNow();
  if (seq === undefined || !isSaid(content)) return false;
  return isAdmin || (mine && nowMs - sentAt < LIMITS.recallWindowMs);
}

function reasonOfRecall(error: unknown): string {
  if (error instanceof ImError && error.code === 'disconnected')
    return t('Taking a message back needs a connection. Try again once there is one.');
  return reasonOf(error);
}

function reasonOfMenu(error: unknown): string {
  return error instanceof ImError ? reasonOf(error) : t('The browser does not let this page copy.');
}
