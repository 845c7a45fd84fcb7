import { ImError, type ImErrorCode } from '@serverless-im/client';

const REASONS: { readonly [Code in ImErrorCode]?: string } = {
  payload_too_large: 'It is too long.',
  invalid_request: "It can't be sent like this.",
  not_found: 'You are not in this conversation any more.',
  forbidden: 'You may not do this.',
  conflict: 'The last admin can only leave an empty group: make somebody else admin first.',
  recall_window_passed: 'It is too late for that.',
  rate_limited: 'Too much at once: try again in a moment.',
  unauthorized: 'Your sign-in has expired.',
  disconnected: 'There is no connection.',
  timeout: 'No answer came.',
  network: 'There is no connection.',
  closed: 'You signed out before it was sent.',
};

/** Why something failed, in words for people. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof ImError)) return 'Something went wrong.';
  return REASONS[error.code] ?? 'Something went wrong.';
}
