import type { ImError } from '../model/errors.ts';

export interface RetryContext {
  /** Failures in a row before this one: 0 for the first. */
  readonly attempt: number;
  readonly error: ImError;
}

/** Decides how long to wait before trying again. */
export interface RetryPolicy {
  /** Milliseconds, or `null` to give up. */
  nextDelayMs(context: RetryContext): number | null;
}

export interface BackoffOptions {
  /** Upper bound of the first delay, 500 ms by default. It doubles with each failure. */
  readonly baseMs?: number;
  /** Upper bound of every delay, 20 s by default. */
  readonly capMs?: number;
  /** 0 ≤ n < 1; `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * Exponential backoff with full jitter: delays are uniformly distributed from 0 to the bound, so that clients that lost
 * the same server don't all return at once. Never gives up. A `retryAfterMs` of the server is the minimum.
 */
export function fullJitterBackoff(options: BackoffOptions = {}): RetryPolicy {
  const { baseMs = 500, capMs = 20_000, random = Math.random } = options;
  return {
    nextDelayMs: ({ attempt, error }) => {
      const delayMs = Math.round(random() * Math.min(capMs, baseMs * 2 ** attempt));
      const leastMs =
        'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
      return Math.max(delayMs, leastMs);
    },
  };
}
