import { type Call, type CallMatch, matches } from './call.ts';
import { draw, drawNormal } from './random.ts';

/** Milliseconds added to the emulator's own time, half before the call is forwarded and half after. */
export type Distribution =
  | { readonly ms: number }
  /** Lognormal, like most latencies. */
  | { readonly p50Ms: number; readonly p99Ms: number }
  /** Measured quantiles, evenly spaced from minimum to maximum. */
  | { readonly quantilesMs: readonly number[] };

export type LatencyRule = CallMatch & Distribution;

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326_347_874;

/** The first rule that matches a call sets its latency. */
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
