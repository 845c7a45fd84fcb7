import { ImError } from '@serverless-im/client';

/** Explains a refusal of the desk to the user. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof ImError)) return 'That did not work.';
  switch (error.code) {
    case 'forbidden':
      return 'Your account has no agent role.';
    case 'conflict':
      return 'That agent is not ready or has no capacity left.';
    case 'not_found':
      return 'This chat or queue no longer exists.';
    case 'disconnected':
      return 'There is no connection. Try again in a moment.';
    default:
      return `That did not work (${error.code}). Try again.`;
  }
}
