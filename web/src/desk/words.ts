import { ImError } from '@serverless-im/client';
import { t } from '../ui/texts.ts';

/** Explains a refusal of the desk to the user. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof ImError)) return t('That did not work.');
  switch (error.code) {
    case 'forbidden':
      return t('Your account has no agent role.');
    case 'conflict':
      return t('That agent is not ready or has no capacity left.');
    case 'not_found':
      return t('This chat or queue no longer exists.');
    case 'disconnected':
      return t('There is no connection. Try again in a moment.');
    default:
      return t('That did not work ({code}). Try again.', { code: error.code });
  }
}
