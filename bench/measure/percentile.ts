/** The value below which a share of the others lies, between two neighbours by their distance. */
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

/** CPU milliseconds of the runs of one function. */
export interface CpuTime {
  readonly runs: number;
  readonly meanMs: number;
}

/** The first runs start the function and compile it. */
const COLD_RUNS = 3;

/**
 * The mean, not the median: a kernel that counts a thread's time by ticks is right on average only, and may say 0 of most
 * runs. Of few runs all count, and are cold.
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
