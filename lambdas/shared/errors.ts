import { type CloseReason, ERROR_CODES, type ErrorCode } from '../../protocol/codes.ts';
import type { ErrorBody, ErrorFrame, Issue } from '../../protocol/frames.ts';

/** What can be refused. `message` is for the client: it never holds a stack, a table name, or AWS's words. */
export class ImError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
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
  constructor(actualBytes: number, maximumBytes: number) {
    super('payload_too_large', `The content has ${actualBytes} bytes; at most ${maximumBytes} are allowed.`);
  }
}

export class UnauthorizedError extends ImError {
  constructor(message = 'The token is not valid.', options?: ErrorOptions) {
    super('unauthorized', message, options);
  }
}

/** The same words for what is missing and for what is somebody else's (IM-SEND-7). */
export class NotFoundError extends ImError {
  constructor() {
    super('not_found', 'There is no such conversation.');
  }
}

export class ForbiddenError extends ImError {
  constructor(message: string) {
    super('forbidden', message);
  }
}

/** A sender other than who speaks; the socket stays open. */
export class IdentityMismatchError extends ImError {
  constructor() {
    super('identity_mismatch', 'The sender is another user.');
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

export class IdempotencyConflictError extends ImError {
  constructor() {
    super('idempotency_conflict', 'This clientMsgId was used for other content in this conversation.');
  }
}

/**
 * A refusal that ends the session: it is posted, then the connection is deleted (IM-FRAME-2). `session.closed` goes
 * between the two when the reason is known, since the client decides by that frame.
 */
export class SessionEndedError extends ImError {
  readonly closedWith: CloseReason | undefined;

  constructor(code: ErrorCode, message: string, closedWith?: CloseReason) {
    super(code, message);
    this.closedWith = closedWith;
  }
}

/** Within the grace: a reply, and the socket stays open for a `renew` (IM-RENEW). */
export class SessionExpiredError extends ImError {
  constructor() {
    super('session_expired', 'The session has ended; renew it.');
  }
}

/** A dependency didn't answer in time. The outcome is unknown; the same request again is safe (IM-SEND-1). */
export class UnavailableError extends ImError {
  constructor(options?: ErrorOptions) {
    super('unavailable', 'The service is busy. Try again.', options);
  }
}

/** What the client is told of any thrown value. Only an `ImError`'s own words ever show. */
export function errorBody(error: unknown): ErrorBody {
  const known =
    error instanceof ImError ? error : new ImError('internal', 'Something went wrong. Try again.');
  return {
    code: known.code,
    message: known.message,
    retryable: ERROR_CODES[known.code].retryable,
    ...(known instanceof InvalidRequestError && { issues: known.issues }),
  };
}

export function errorFrame(error: unknown, id: string | null): ErrorFrame {
  return { type: 'error', id, ...errorBody(error) };
}

/** True if nobody foresaw it, so that the operator must hear of it. */
export function isFault(error: unknown): boolean {
  return !(error instanceof ImError) || error.code === 'internal' || error.code === 'unavailable';
}
