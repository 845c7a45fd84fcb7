import type { Call } from './call.ts';

/**
 * How many of these calls were made one after the other: the longest row in which each was sent after the one before had
 * ended. Calls that overlap were made at once. An emulator answers within a millisecond, so that two calls of different
 * services may not overlap though they were made at once; give the proxy some latency (5 ms) where this number counts.
 */
export function chainLength(calls: readonly Call[]): number {
  const byEnd = calls.filter(({ endMs }) => endMs !== undefined).toSorted((a, b) => endOf(a) - endOf(b));
  let length = 0;
  let freeAt = Number.NEGATIVE_INFINITY;
  for (const call of byEnd) {
    if (call.issuedMs < freeAt) continue;
    length += 1;
    freeAt = endOf(call);
  }
  return length;
}

function endOf(call: Call): number {
  return call.endMs ?? Number.POSITIVE_INFINITY;
}
