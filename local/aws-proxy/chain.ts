import type { Call } from './call.ts';

/**
 * The number of sequential calls: the longest chain in which each call was sent after the previous one had ended.
 * Overlapping calls are concurrent. Emulators answer within a millisecond, so concurrent calls to different services
 * may not overlap: set some latency (5 ms) where this number matters.
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
