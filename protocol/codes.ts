/** The error codes: HTTP status, and whether a retry may succeed (docs/protocol.md, sections 3 and 6). */
export const ERROR_CODES = {
  bad_frame: { status: 400, retryable: false },
  unknown_action: { status: 400, retryable: false },
  invalid_request: { status: 400, retryable: false },
  payload_too_large: { status: 413, retryable: false },
  unauthorized: { status: 401, retryable: false },
  session_expired: { status: 401, retryable: false },
  identity_mismatch: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  forbidden: { status: 403, retryable: false },
  blocked_content: { status: 403, retryable: false },
  conflict: { status: 409, retryable: false },
  idempotency_conflict: { status: 409, retryable: false },
  recall_window_passed: { status: 409, retryable: false },
  edit_window_passed: { status: 409, retryable: false },
  limit_reached: { status: 409, retryable: false },
  rate_limited: { status: 429, retryable: true },
  slow_mode: { status: 429, retryable: true },
  unavailable: { status: 503, retryable: true },
  internal: { status: 500, retryable: true },
} as const;

/** Why the server refused a request (docs/protocol.md, section 3). */
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * Why the server ended a session, as sent in `session.closed`. The WebSocket close code says nothing about the reason
 * (docs/protocol.md, section 5).
 */
export const CLOSE_REASONS = {
  superseded: { reconnect: false },
  replaced: { reconnect: false },
  logged_out: { reconnect: false },
  kicked: { reconnect: false },
  expired: { reconnect: true },
  rate_limited: { reconnect: true },
  banned: { reconnect: false },
} as const;

/** Why the server ended a session (section 5). */
export type CloseReason = keyof typeof CLOSE_REASONS;
