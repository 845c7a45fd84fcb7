import type { Distribution, LatencyRule } from '../../local/aws-proxy/index.ts';
import { readJson } from '../files.ts';

export interface LatencyProfile {
  readonly collected: string;
  readonly confidence: string;
  readonly sources: readonly { readonly about: string; readonly url: string; readonly read: string }[];
  readonly rules: readonly LatencyRule[];
}

export function readProfile(): LatencyProfile {
  return readJson<LatencyProfile>('latency-profile.json');
}

/** The mean latency of a rule, to compute the billed time that a function waits. */
export function meanMs(distribution: Distribution): number {
  if ('ms' in distribution) return distribution.ms;
  if ('p50Ms' in distribution) {
    const sigma = Math.log(distribution.p99Ms / distribution.p50Ms) / Z99;
    return distribution.p50Ms * Math.exp(sigma ** 2 / 2);
  }
  const { quantilesMs } = distribution;
  return quantilesMs.reduce((sum, value) => sum + value, 0) / quantilesMs.length;
}

const Z99 = 2.326_347_874;
