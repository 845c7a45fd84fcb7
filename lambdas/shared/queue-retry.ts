/*
 * How long a failed record waits, and how often it is received before SQS moves it to the dead-letter queue. The
 * construct sets the number, the workers choose the waits: only together do they keep a job through an outage
 * (docs/adr/0020-failed-records-and-concurrency.md).
 */

/** A record that fails this often becomes a dead letter (`maxReceiveCount`). */
export const MAX_RECEIVES = 20;
/** The longest wait, and so the longest delay after an outage has ended. */
const LONGEST_SECONDS = 300;

/** The wait of a record that no retry helps: it becomes a dead letter within a minute, and blocks nobody (IM-FAULT-5). */
export const HOPELESS_SECONDS = 1;

/**
 * Returns how long a record that failed for the n-th time waits: up to 2, 4, 8, … 300 s, and at least half of it. Full
 * jitter would start at 0, so it could promise no time that a job survives.
 * @param random a number from 0 up to, but not including, 1
 */
export function returnDelaySeconds(receiveCount: number, random: number): number {
  // The next receive only moves it to the dead letters.
  if (receiveCount >= MAX_RECEIVES) return HOPELESS_SECONDS;
  const longest = Math.min(2 ** receiveCount, LONGEST_SECONDS);
  return Math.ceil((longest / 2) * (1 + random));
}
