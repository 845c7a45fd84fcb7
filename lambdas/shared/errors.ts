import { type CloseReason, ERROR_CODES, type ErrorCode } from '../../protocol/codes.ts';
import type { ErrorBody, ErrorFrame, Issue } from '../../protocol/frames.ts';

/**
 * A refusal with an error code. `message` goes to the client, so it never contains a stack, a table name, or an AWS
 * message.
 */
export class ImError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = nameOf(code);
    this.code = code;
  }
}

/** `not_found` is logged as `NotFoundError`. The class's own name is lost when the functions are bundled. */
function nameOf(code: ErrorCode): string {
  const words = code.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Error`;
}

export class BadFrameError extends ImError {
  constructor(message: string, options?: ErrorOptions) {
    super('bad_frame', message, options);
  }
}

export class InvalidRequestError extends ImError {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[], options?: ErrorOptions) {
    super('invalid_request', 'The request is invalid.', options);
    this.issues = issues;
  }
}

export class UnknownActionError extends ImError {
  constructor() {
    super('unknown_action', 'There is no such action.');
  }
}

export class PayloadTooLargeError extends ImError {
  constructor(actualBytes: number, maximumBytes: number, what: 'content' | 'file' = 'content') {
    super('payload_too_large', `The ${what} has ${actualBytes} bytes; at most ${maximumBytes} are allowed.`);
  }
}

export class UnauthorizedError extends ImError {
  constructor(message = 'The token is not valid.', options?: ErrorOptions) {
    super('unauthorized', message, options);
  }
}

/** Something is missing, or belongs to someone else: the message doesn't say which (IM-SEND-7). */
export class NotFoundError extends ImError {
  constructor(what = 'conversation') {
    super('not_found', `There is no such ${what}.`);
  }
}

export class ForbiddenError extends ImError {
  constructor(message: string) {
    super('forbidden', message);
  }
}

/** The peer has blocked the user. The message does not say so (IM-BLOCK-1). */
export class BlockedError extends ForbiddenError {
  constructor() {
    super('You may not do this in this conversation.');
  }
}

/** The operator's hook rejects what the user wrote (IM-HOOK-1). */
export class BlockedContentError extends ImError {
  constructor(reason = 'The message was refused.') {
    super('blocked_content', reason);
  }
}

/** The user is banned (IM-BAN-1). */
export class BannedError extends ForbiddenError {
  /** Epoch milliseconds; `undefined`: the ban does not end by itself. */
  readonly until: number | undefined;

  constructor(until: number | undefined) {
    super(until === undefined ? 'You are banned.' : `You are banned until ${timeText(until)}.`);
    this.until = until;
  }
}

/** JavaScript has no dates after the year 275760. */
function timeText(atMs: number): string {
  return new Date(Math.min(atMs, 8.64e15)).toISOString();
}

/** The frame names another user as the sender. The socket stays open. */
export class IdentityMismatchError extends ImError {
  constructor() {
    super('identity_mismatch', 'The sender must be the connected user.');
  }
}

export class ConflictError extends ImError {
  constructor(message: string) {
    super('conflict', message);
  }
}

export class RecallWindowPassedError extends ImError {
  constructor() {
    super('recall_window_passed', 'The message is too old to be recalled.');
  }
}

export class EditWindowPassedError extends ImError {
  constructor() {
    super('edit_window_passed', 'The message is too old to be edited.');
  }
}

/** There is no room for more of these. */
export class LimitReachedError extends ImError {
  constructor(message: string) {
    super('limit_reached', message);
  }
}

export class IdempotencyConflictError extends ImError {
  constructor() {
    super('idempotency_conflict', 'This clientMsgId was used for different content in this conversation.');
  }
}

/** What `session.closed` says. */
export interface Closing {
  readonly code: CloseReason;
  /** When the client may connect again. @default - at once, if at all */
  readonly retryAfterMs?: number;
  /** When the ban ends, in epoch milliseconds. @default - not by itself */
  readonly until?: number;
}

/**
 * A refusal that ends the session: it is posted to the client, then the connection is deleted (IM-FRAME-2). If the reason
 * is known, `session.closed` is posted before the deletion, since the client relies on that frame.
 */
export class SessionEndedError extends ImError {
  readonly closedWith: Closing | undefined;

  constructor(code: ErrorCode, message: string, closedWith?: Closing) {
    super(code, message);
    this.closedWith = closedWith;
  }
}

/** The session has expired but is within its grace period: the socket stays open for a `renew` (IM-RENEW). */
export class SessionExpiredError extends ImError {
  constructor() {
    super('session_expired', 'The session has ended; renew it.');
  }
}

/**
 * A dependency failed or did not answer in time. The outcome is unknown; retrying the same request is safe (IM-SEND-1).
 */
export class UnavailableError extends ImError {
  constructor(options?: ErrorOptions) {
    super('unavailable', 'The service is busy. Try again.', options);
  }
}

/** The hook gave no valid answer, and the operator wants no message without one (IM-HOOK-2). Nothing was stored. */
export class NoVerdictError extends UnavailableError {}

/** The user is at a limit. Nothing was done that a repeat would do twice. */
export class RateLimitedError extends ImError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, code: 'rate_limited' | 'slow_mode' = 'rate_limited') {
    super(code, message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Returns the error body for any thrown value. Only the message of an `ImError` reaches the client. */
export function errorBody(error: unknown): ErrorBody {
  const known =
    error instanceof ImError ? error : new ImError('internal', 'Something went wrong. Try again.');
  return {
    code: known.code,
    message: known.message,
    retryable: ERROR_CODES[known.code].retryable,
    ...(known instanceof RateLimitedError && { retryAfterMs: known.retryAfterMs }),
    ...(known instanceof InvalidRequestError && { issues: known.issues }),
  };
}

export function errorFrame(error: unknown, id: string | null): ErrorFrame {
  return { type: 'error', id, ...errorBody(error) };
}

/** Whether the operator must know: an unexpected error, or a dependency that failed. */
export function isFault(error: unknown): boolean {
  return !(error instanceof ImError) || error.code === 'internal' || error.code === 'unavailable';
}
