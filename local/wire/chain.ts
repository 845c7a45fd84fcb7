import type { Call } from './call.ts';

/**
 * How many of these calls were made one after the other: the longest row in which each begins after the one before has
 * ended. Calls that overlap were made in parallel. An emulator answers within a millisecond, so that two calls made
 * together may not overlap; give the wire some latency (10 ms) where this number matters.
 */
export function chainLength(calls: readonly Call[]): number {
  const byEnd = calls.filter(({ endMs }) => endMs !== undefined).toSorted((a, b) => endOf(a) - endOf(b));
  let length = 0;
  let freeAt = Number.NEGATIVE_INFINITY;
  for (const call of byEnd) {
    if (call.startMs < freeAt) continue;
    length += 1;
    freeAt = endOf(call);
  }
  return length;
}

function endOf(call: Call): number {
  return call.endMs ?? Number.POSITIVE_INFINITY;
}
