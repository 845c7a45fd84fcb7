import { ImError } from '@serverless-im/client';

/** Why the desk said no, for a person. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof ImError)) return 'That did not work.';
  switch (error.code) {
    case 'forbidden':
      return 'Your account has no agent role.';
    case 'conflict':
      return 'That agent is not ready, or has no place left.';
    case 'not_found':
      return 'There is no such chat or queue any more.';
    case 'disconnected':
      return 'There is no connection now. Try again in a moment.';
    default:
      return `That did not work (${error.code}). Try again.`;
  }
}
