import { type Call, type CallMatch, matches } from './call.ts';
import { draw, drawNormal } from './random.ts';

/** Milliseconds on top of what the emulator takes, half before it sees the call and half after. */
export type Distribution =
  | { readonly ms: number }
  /** Lognormal, as latencies mostly are. */
  | { readonly p50Ms: number; readonly p99Ms: number }
  /** As measured: evenly spaced from the minimum to the maximum. */
  | { readonly quantilesMs: readonly number[] };

export type LatencyRule = CallMatch & Distribution;

/** 99 % of a standard normal lie below. */
const Z99 = 2.326_347_874;

/** The first rule that fits a call says how long it takes. */
export class Latency {
  readonly #seed: number;
  readonly #rules: readonly LatencyRule[];
  readonly #counts: number[];

  constructor(seed: number, rules: readonly LatencyRule[]) {
    this.#seed = seed;
    this.#rules = rules;
    this.#counts = rules.map(() => 0);
  }

  of(call: Call, input: unknown): number {
    const index = this.#rules.findIndex((rule) => matches(rule, call, input));
    const rule = this.#rules[index];
    if (rule === undefined) return 0;
    const count = (this.#counts[index] ?? 0) + 1;
    this.#counts[index] = count;
    return sample(rule, this.#seed, `latency ${index}`, count);
  }
}

export function sample(distribution: Distribution, seed: number, name: string, count: number): number {
  if ('ms' in distribution) return distribution.ms;
  if ('p50Ms' in distribution) {
    const { p50Ms, p99Ms } = distribution;
    const sigma = Math.log(p99Ms / p50Ms) / Z99;
    return p50Ms * Math.exp(sigma * drawNormal(seed, name, count));
  }
  const { quantilesMs } = distribution;
  const position = draw(seed, name, count) * (quantilesMs.length - 1);
  const [low = 0, high = low] = quantilesMs.slice(Math.floor(position));
  return low + (high - low) * (position % 1);
}
