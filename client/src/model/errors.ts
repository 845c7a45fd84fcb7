import type { CloseReason, ErrorCode } from '../../../protocol/codes.ts';
import type { ErrorBody, Issue } from '../../../protocol/frames.ts';

/**
 * Why something failed: the server's error codes, its reasons to end a session, and four codes of the client's own:
 * `timeout` (no reply), `disconnected` (the socket closed), `network` (an HTTP request or `getToken` failed), `closed`
 * (this client was closed).
 */
export type ImErrorCode = ErrorCode | CloseReason | 'timeout' | 'disconnected' | 'network' | 'closed';

/** Base class of everything this SDK throws or rejects with. `cause` holds the underlying error, if there is one. */
export class ImError extends Error {
  override readonly name: string = 'ImError';
  readonly code: ImErrorCode;
  /** Whether trying the same thing again later may succeed. */
  readonly retryable: boolean;

  constructor(code: ImErrorCode, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** The server refused, by an error frame or an HTTP error. */
export class RefusedError extends ImError {
  override readonly name = 'RefusedError';
  /** HTTP status; absent for an error frame. */
  readonly status: number | undefined;
  /** As the server sent it. */
  readonly body: ErrorBody;

  constructor(body: ErrorBody, status?: number) {
    super(body.code, body.message, body);
    this.status = status;
    this.body = body;
  }

  get retryAfterMs(): number | undefined {
    return this.body.retryAfterMs;
  }

  /** The invalid fields, for `invalid_request`. */
  get issues(): readonly Issue[] {
    return this.body.issues ?? [];
  }
}

/** There is no valid token. Throw it from `getToken` when asking again can't help: the connection then fails. */
export class UnauthorizedError extends ImError {
  override readonly name = 'UnauthorizedError';

  constructor(message = 'not authorized', cause?: unknown) {
    super('unauthorized', message, { retryable: false, cause });
  }
}

/** The server ended the session (`session.closed`, section 5); `retryable` is its `reconnect`. */
export class SessionClosedError extends ImError {
  override readonly name = 'SessionClosedError';

  constructor(code: CloseReason, reconnect: boolean) {
    super(code, `the server ended the session: ${code}`, { retryable: reconnect });
  }
}

/** The socket closed or never opened, for an unknown reason. */
export class DisconnectedError extends ImError {
  override readonly name = 'DisconnectedError';

  constructor(message = 'the connection was lost', cause?: unknown) {
    super('disconnected', message, { retryable: true, cause });
  }
}

/** No answer in time: the request may have taken effect or not. */
export class TimeoutError extends ImError {
  override readonly name = 'TimeoutError';

  constructor(what: string, afterMs: number) {
    super('timeout', `${what}: no answer in ${afterMs} ms`, { retryable: true });
  }
}

/** An HTTP request or `getToken` failed, or the answer broke the contract. */
export class NetworkError extends ImError {
  override readonly name = 'NetworkError';

  constructor(message: string, cause?: unknown) {
    super('network', message, { retryable: true, cause });
  }
}

/** The program closed this client. */
export class ClosedError extends ImError {
  override readonly name = 'ClosedError';

  constructor() {
    super('closed', 'the client was closed', { retryable: true });
  }
}

/** Converts anything thrown to an `ImError`. Unexpected errors count as retryable: only a clear refusal is final. */
export function toImError(error: unknown): ImError {
  if (error instanceof ImError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ImError('internal', message, { retryable: true, cause: error });
}

/** The error of an HTTP answer. The gateway's own bodies have no `code`, so the status decides (section 6). */
export function refusalOf(status: number, body: unknown): RefusedError {
  if (isErrorBody(body)) return new RefusedError(body, status);
  const code = CODES[status] ?? (status >= 500 ? 'unavailable' : 'invalid_request');
  const retryable = status >= 500 || status === 429;
  return new RefusedError({ code, message: `HTTP ${status}`, retryable }, status);
}

function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null) return false;
  const { code, message, retryable } = body as Partial<Record<keyof ErrorBody, unknown>>;
  return typeof code === 'string' && typeof message === 'string' && typeof retryable === 'boolean';
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'payload_too_large',
  429: 'rate_limited',
};
