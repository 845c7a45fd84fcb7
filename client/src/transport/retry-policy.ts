import type { ImError, RefusedError } from '../model/errors.ts';

/** The input of a `RetryPolicy`. */
export interface RetryContext {
  /** Failures in a row before this one: 0 for the first. */
  readonly attempt: number;
  /** The failure; `error.retryable` is true. */
  readonly error: ImError;
}

/**
 * Decides how long to wait before a retry.
 *
 * @example
 * const fiveTimes: RetryPolicy = { nextDelayMs: ({ attempt }) => (attempt < 5 ? 1_000 : null) };
 */
export interface RetryPolicy {
  /** Returns milliseconds, or `null` to give up. */
  nextDelayMs(context: RetryContext): number | null;
}

/** Options of `fullJitterBackoff`. */
export interface BackoffOptions {
  /** Upper bound of the first delay in milliseconds. It doubles with each failure. Defaults to 500. */
  readonly baseMs?: number;
  /** Upper bound of every delay in milliseconds. Defaults to 20,000. */
  readonly capMs?: number;
  /** Returns a random number, 0 ≤ n < 1. Defaults to `Math.random`. */
  readonly random?: () => number;
}

/**
 * Exponential backoff with full jitter: delays are uniformly distributed from 0 to the bound, so that clients that lost
 * the same server don't all return at once. Never gives up. Waits at least the server's `retryAfterMs`.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @example
 * createClient({ wsUrl, httpUrl, getToken, retryPolicy: fullJitterBackoff({ capMs: 60_000 }) });
 */
export function fullJitterBackoff(options: BackoffOptions = {}): RetryPolicy {
  const { baseMs = 500, capMs = 20_000, random = Math.random } = options;
  return {
    nextDelayMs: ({ attempt, error }) => {
      const delayMs = Math.round(random() * Math.min(capMs, baseMs * 2 ** attempt));
      const { retryAfterMs = 0 }: { readonly retryAfterMs?: number | undefined } = error as RefusedError;
      return Math.max(delayMs, retryAfterMs);
    },
  };
}
