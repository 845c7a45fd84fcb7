import type { ChatMessage, Conversation, Upload } from '@serverless-im/client';
import { Button } from '../ui/button.tsx';
import { t } from '../ui/texts.ts';
import { sizeInWords } from './words.ts';

/** How much of one file is uploaded. */
export function UploadBar({ upload, name }: { readonly upload: Upload; readonly name: string }) {
  return (
    <progress
      className="upload-bar"
      aria-label={t('Upload of {name}', { name })}
      max={Math.max(upload.totalBytes, 1)}
      value={upload.state === 'done' ? Math.max(upload.totalBytes, 1) : upload.sentBytes}
    />
  );
}

/** The uploads of a message that is not sent yet. */
export function uploadsOf({ state, uploads }: ChatMessage): readonly Upload[] | undefined {
  return state === 'pending' && uploads?.some((one) => one.state !== 'done') ? uploads : undefined;
}

export interface UploadStateProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
}

/** How much of all files is uploaded, and a button that cancels the message. */
export function UploadState({ conversation, message }: UploadStateProps) {
  const uploads = uploadsOf(message);
  if (uploads === undefined) return null;
  const sum = (field: 'sentBytes' | 'totalBytes') => uploads.reduce((all, one) => all + one[field], 0);
  const isStuck = uploads.some(({ state, error }) => state === 'waiting' && error !== undefined);
  return (
    <p className="upload-state">
      <span>
        {isStuck
          ? t('Waiting to try again…')
          : t('{done} of {size}', {
              done: sizeInWords(sum('sentBytes')),
              size: sizeInWords(sum('totalBytes')),
            })}
      </span>
      <Button kind="quiet" onClick={() => conversation.discard(message.clientMsgId)}>
        {t('Cancel')}
      </Button>
    </p>
  );
}
