import { useState } from 'react';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { useFileLimits } from './limits.ts';
import { saveFile } from './save-file.ts';
import type { FilePlace } from './use-link.ts';

export interface Download {
  readonly isBusy: boolean;
  readonly error: string | undefined;
  start(): void;
}

/** Saves a file of a message on this device. */
export function useDownload({ conversation, message, index }: FilePlace): Download {
  const [isBusy, setIsBusy] = useState(false);
  const isOff = useFileLimits() === undefined;
  const { error, attempt } = useAttempt(isOff ? reasonOfOff : reasonOfDownload);
  const attachment = message.content.type === 'file' ? message.content.attachments[index] : undefined;
  const save = async () => {
    if (attachment === undefined) return;
    if (isOff) throw new Error('This deployment has no files.');
    setIsBusy(true);
    try {
      const { url } = await conversation.attachmentUrl(message, attachment.attachmentId);
      await saveFile(url, attachment.name);
    } finally {
      setIsBusy(false);
    }
  };
  return { isBusy, error, start: () => attempt(save()) };
}

function reasonOfOff(): string {
  return t('Files are switched off here.');
}

function reasonOfDownload(): string {
  return t('It could not be loaded. Try again.');
}
