/*
 * How long a worker of a stream tries by itself, before it returns what failed. Lambda retries a batch a number of times
 * (lib/stream-consumer.ts), at once or after waits that it doesn't document. So the worker makes each of these last: all of them
 * together outlast an outage of half an hour. A record that no retry helps fails at once, and soon is out of the way.
 */

/** Below the worker's time-out of 60 s, with room for the last call. */
export const PATIENCE_MS = 45_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/**
 * Returns the wait before the n-th retry: up to 200, 400, … 5,000 ms, and at least half of it.
 * @param random a number from 0 up to, but not including, 1
 */
export function retryWaitMs(attempt: number, random: number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
  return Math.ceil((longest / 2) * (1 + random));
}
