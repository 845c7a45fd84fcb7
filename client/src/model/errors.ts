import type { CloseReason, ErrorCode } from '../../../protocol/codes.ts';
import type { ErrorBody, Issue } from '../../../protocol/frames.ts';

/**
 * Why something failed: the server's error codes (docs/protocol.md, section 3), its reasons to end a session (section
 * 5), and the client's own: `timeout` (no reply), `disconnected` (the socket closed), `network` (an HTTP request or
 * `getToken` failed), `closed` (this client was closed), `cancelled` (the program cancelled the message).
 */
export type ImErrorCode =
  | ErrorCode
  | CloseReason
  | 'timeout'
  | 'disconnected'
  | 'network'
  | 'closed'
  | 'cancelled';

/**
 * The base class of everything this SDK throws or rejects with. `cause` holds the underlying error, if there is one.
 *
 * @example
 * try {
 *   await conversation.recall(seq);
 * } catch (error) {
 *   if (error instanceof ImError && error.code === 'recall_window_passed') showTooLate();
 *   else throw error;
 * }
 */
export class ImError extends Error {
  override readonly name: string = 'ImError';
  /** Why it failed. */
  readonly code: ImErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  /** @param options `cause`: the underlying error */
  constructor(code: ImErrorCode, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/**
 * The server refused the request, with an error frame or an HTTP error. `message` says which fields are wrong, if any are: for
 * developers, not for users.
 */
export class RefusedError extends ImError {
  override readonly name = 'RefusedError';
  /** The HTTP status; undefined for an error frame. */
  readonly status: number | undefined;
  /** The error as the server sent it. */
  readonly body: ErrorBody;

  /** @param status the HTTP status, for an HTTP error */
  constructor(body: ErrorBody, status?: number) {
    const issues = body.issues?.map(({ path, message }) => `${path} ${message}`).join('; ');
    super(body.code, issues || body.message, body);
    this.status = status;
    this.body = body;
  }

  /** The least time to wait before a retry, in milliseconds, if the server gave one. */
  get retryAfterMs(): number | undefined {
    return this.body.retryAfterMs;
  }

  /** The invalid fields, for `invalid_request`; otherwise empty. */
  get issues(): readonly Issue[] {
    return this.body.issues ?? [];
  }
}

/**
 * There is no valid token. Throw it from `getToken` if calling that again can't help: the connection then fails for
 * good.
 *
 * @example
 * async function getToken() {
 *   const response = await fetch('/chat-token');
 *   if (response.status === 401) throw new UnauthorizedError('signed out');
 *   return response.text();
 * }
 */
export class UnauthorizedError extends ImError {
  override readonly name = 'UnauthorizedError';

  /**
   * @param message for logs
   * @param cause the underlying error
   */
  constructor(message = 'not authorized', cause?: unknown) {
    super('unauthorized', message, { retryable: false, cause });
  }
}

/** The server ended the session (`session.closed`, docs/protocol.md, section 5). `retryable` is its `reconnect`. */
export class SessionClosedError extends ImError {
  override readonly name = 'SessionClosedError';

  /** With `rate_limited`, milliseconds until the client may connect again: it waits that long by itself. */
  readonly retryAfterMs: number | undefined;
  /** With `banned`, when the ban ends, in epoch milliseconds by the server's clock. Undefined: it does not end by itself. */
  readonly until: number | undefined;

  /**
   * @param reconnect whether the client reconnects
   * @param times the times that the server gave
   */
  constructor(
    code: CloseReason,
    reconnect: boolean,
    times: { readonly retryAfterMs?: number | undefined; readonly until?: number | undefined } = {},
  ) {
    super(code, `the server ended the session: ${code}`, { retryable: reconnect });
    this.retryAfterMs = times.retryAfterMs;
    this.until = times.until;
  }
}

/** There is no connection: the socket closed or did not open, for an unknown reason. */
export class DisconnectedError extends ImError {
  override readonly name = 'DisconnectedError';

  /** @param cause the underlying error */
  constructor(message = 'the connection was lost', cause?: unknown) {
    super('disconnected', message, { retryable: true, cause });
  }
}

/** The server did not answer in time. The request may have taken effect. */
export class TimeoutError extends ImError {
  override readonly name = 'TimeoutError';

  /** @param what the request that got no answer */
  constructor(what: string, afterMs: number) {
    super('timeout', `${what}: no answer in ${afterMs} ms`, { retryable: true });
  }
}

/** An HTTP request or `getToken` failed, or the answer was malformed. */
export class NetworkError extends ImError {
  override readonly name = 'NetworkError';

  /** @param cause the underlying error */
  constructor(message: string, cause?: unknown) {
    super('network', message, { retryable: true, cause });
  }
}

/**
 * Something between this client and the service answered in its place: the gateway, a proxy, a captive portal. The client
 * tries again, whatever that answer says. `code` is `unauthorized` after a 401, since another token may help, otherwise
 * `network`; `message` has the URL, the status, and the first line of the answer.
 */
export class ForeignAnswerError extends ImError {
  override readonly name = 'ForeignAnswerError';
  /** The HTTP status. */
  readonly status: number;

  /** @param from method and URL of the request */
  constructor(status: number, from: string, body: unknown) {
    const code = status === 401 ? 'unauthorized' : 'network';
    super(code, `${from} answered ${status}: ${firstLineOf(body)}`, { retryable: true });
    this.status = status;
  }
}

/** The program closed this client. */
export class ClosedError extends ImError {
  override readonly name = 'ClosedError';

  /** Retryable, since `connect` may be called again. */
  constructor() {
    super('closed', 'the client was closed', { retryable: true });
  }
}

/** Converts anything thrown to an `ImError`. Unexpected errors are retryable: only a clear refusal is final. */
export function toImError(error: unknown): ImError {
  if (error instanceof ImError) return error;
  return new ImError('internal', messageOf(error), { retryable: true, cause: error });
}

/** An error that no retry can solve: the caller must change the request. */
export function invalid(message: string, cause?: unknown): ImError {
  return new ImError('invalid_request', message, { retryable: false, cause });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error of an HTTP answer. Only a body of the contract is the service's own (docs/protocol.md, section 3). */
export function errorOfAnswer(status: number, body: unknown, from: string): ImError {
  return isErrorBody(body) ? new RefusedError(body, status) : new ForeignAnswerError(status, from, body);
}

function isErrorBody(body: unknown): body is ErrorBody {
  const { code, message, retryable }: Partial<Record<keyof ErrorBody, unknown>> = Object(body);
  return typeof code === 'string' && typeof message === 'string' && typeof retryable === 'boolean';
}

function firstLineOf(body: unknown): string {
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  return /.{0,200}/.exec(text.trim())?.[0] ?? '';
}
