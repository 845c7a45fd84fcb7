import { draw } from '../../../local/aws-proxy/random.ts';

/** A second behind, right, or a second ahead: two servers' clocks are at most two seconds apart (docs/protocol.md). */
const OFFSETS_MS = [-1_000, 0, 1_000];

/** For the runtime's `clockOffsetMs`. */
export function unequalClocks(seed: number): (instance: number) => number {
  return (instance) => OFFSETS_MS[Math.floor(draw(seed, 'clock', instance) * OFFSETS_MS.length)] ?? 0;
}
