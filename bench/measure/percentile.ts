/** The percentile, linearly interpolated. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** CPU milliseconds of one function's invocations. */
export interface CpuTime {
  readonly runs: number;
  readonly meanMs: number;
}

/** Invocations to skip: the first ones start the function and compile its code. */
const COLD_RUNS = 3;

/**
 * Mean, not median: with tick-based CPU accounting most invocations may read 0, and only the average is right. With few
 * invocations all are used, cold ones included.
 */
export function cpuTime(valuesMs: readonly number[]): CpuTime {
  const warm = valuesMs.length > 2 * COLD_RUNS ? valuesMs.slice(COLD_RUNS) : valuesMs;
  return { runs: warm.length, meanMs: warm.reduce((sum, ms) => sum + ms, 0) / warm.length };
}

export interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export function summarize(values: readonly number[]): Summary {
  return {
    count: values.length,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    p99: percentile(values, 0.99),
  };
}
