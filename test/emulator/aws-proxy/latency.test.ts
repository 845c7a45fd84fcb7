import { describe, expect, it } from 'vitest';
import { type Distribution, sample } from '../../../local/aws-proxy/latency.ts';
import { newKey, put, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

function samples(distribution: Distribution, seed = 1): readonly number[] {
  const drawn = Array.from({ length: 4_000 }, (_, n) => sample(distribution, seed, 'x', n));
  return drawn.sort((a, b) => a - b);
}
const quantile = (sorted: readonly number[], part: number) => sorted[Math.floor(sorted.length * part)] ?? 0;

describe('a latency', () => {
  it('has the given p50 and p99', () => {
    const drawn = samples({ p50Ms: 4, p99Ms: 20 });
    expect(quantile(drawn, 0.5)).toBeCloseTo(4, 0);
    expect(quantile(drawn, 0.99)).toBeGreaterThan(15);
    expect(quantile(drawn, 0.99)).toBeLessThan(27);
    expect(drawn[0]).toBeGreaterThan(0);
  });

  it('is interpolated between the given quantiles', () => {
    const drawn = samples({ quantilesMs: [1, 2, 10] });
    expect(drawn[0]).toBeGreaterThanOrEqual(1);
    expect(drawn.at(-1)).toBeLessThanOrEqual(10);
    expect(quantile(drawn, 0.5)).toBeCloseTo(2, 0);
    expect(quantile(drawn, 0.75)).toBeCloseTo(6, 0);
  });

  it('is the same for the same seed', () => {
    const distribution = { p50Ms: 4, p99Ms: 20 };
    expect(samples(distribution, 3)).toEqual(samples(distribution, 3));
    expect(samples(distribution, 3)).not.toEqual(samples(distribution, 4));
  });

  it('is added to matching calls, by the first rule that matches', async () => {
    const { dynamoDb, proxy } = await startProxy({
      latency: [{ operation: 'GetItem', ms: 5_000 }, { service: 'dynamodb', ms: 40 }, { ms: 5_000 }],
    });
    await dynamoDb.send(put(newKey()));
    const [call] = proxy.calls;
    expect((call?.endMs ?? 0) - (call?.startMs ?? 0)).toBeGreaterThanOrEqual(39);
  });
});
