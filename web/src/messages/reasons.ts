import { type ChatMessage, ImError, type ImErrorCode } from '@serverless-im/client';
import { type Text, t } from '../ui/texts.ts';

const REASONS: { readonly [Code in ImErrorCode]?: Text } = {
  payload_too_large: 'It is too long.',
  invalid_request: 'The server did not accept it.',
  not_found: 'You are no longer in this conversation.',
  forbidden: 'You are not allowed to do this.',
  banned: 'The people who run this chat have banned you.',
  conflict: 'The last admin can only leave an empty group: make another member an admin first.',
  edit_window_passed: 'It is too late to edit it.',
  recall_window_passed: 'It is too late to take it back.',
  limit_reached: 'There are too many already.',
  rate_limited: 'Too many requests. Try again in a moment.',
  unauthorized: 'Your sign-in has expired.',
  disconnected: 'There is no connection.',
  timeout: 'The server did not answer.',
  network: 'There is no connection.',
  closed: 'You signed out before it was sent.',
};

const REASONS_OF_FILES: { readonly [Code in ImErrorCode]?: Text } = {
  payload_too_large: 'A file is too large.',
  invalid_request: 'The server did not accept the files.',
};

/** Explains to its author why a message was not sent. */
export function reasonOfMessage({
  content,
  error,
  mentions,
  replyTo,
  conversationId = '',
}: ChatMessage): string {
  // It does not say why: perhaps the other user has blocked this one (IM-BLOCK).
  if (error?.code === 'forbidden' && conversationId.startsWith('dm:')) return 'It can’t be delivered.';
  if (content.type === 'file' && error !== undefined) {
    const reason = REASONS_OF_FILES[error.code];
    if (reason !== undefined) return t(reason);
  }
  if (mentions === 'all') return reasonOfMentioningAll(error);
  if (error?.code === 'invalid_request' && replyTo !== undefined)
    return t('The server did not accept it. Perhaps the original message no longer exists.');
  return reasonOf(error);
}

/** Explains to its author why a message that mentions all members was not sent. */
export function reasonOfMentioningAll(error: unknown): string {
  if (error instanceof ImError && error.code === 'forbidden')
    return 'Only admins may mention everyone in a group of more than 100 people.';
  return reasonOf(error);
}

/** Explains an error to the user. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof ImError)) return t('Something went wrong.');
  // The operator's hook says why, in its own words (IM-HOOK).
  if (error.code === 'blocked_content') return t('It was refused: {reason}', { reason: error.message });
  const reason = REASONS[error.code];
  return reason === undefined ? t('Something went wrong ({code}).', { code: error.code }) : t(reason);
}
