import { cpus, totalmem } from 'node:os';
import type { InitTime } from './init/init-time.ts';
import type { GrowthPoint } from './latency/growth.ts';
import type { CpuTime } from './measure/percentile.ts';
import type { OperationResult } from './measure/recorder.ts';
import type { Tally } from './measure/tally.ts';
import type { MemoryTime } from './memory/memory.ts';
import type { Throughput } from './throughput/throughput.ts';

/** bench/results/counts.json: deterministic for a commit. */
export interface CountsFile {
  readonly operations: readonly {
    readonly scenario: string;
    readonly operation: string;
    readonly tally: Tally;
  }[];
  /** Memory of each function in MB. */
  readonly memory: Readonly<Record<string, number>>;
  readonly bundleBytes: Readonly<Record<string, number>>;
}

/** bench/results/times.json: from one run on one machine. */
export interface TimesFile {
  readonly machine: Machine;
  /** Keyed by `scenario/operation`, then function. */
  readonly cpuMs: Readonly<Record<string, Readonly<Record<string, CpuTime>>>>;
  readonly init: readonly InitTime[];
  readonly growth: readonly GrowthPoint[];
  readonly throughput: Throughput;
  readonly profile: {
    readonly owners: readonly Share[];
    readonly places: readonly Share[];
  };
}

/** bench/results/memory.json: from one run of `--memory` on one machine. */
export interface MemoryFile {
  readonly machine: Machine;
  readonly times: readonly MemoryTime[];
}

export interface Share {
  readonly name: string;
  readonly share: number;
}

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly platform: string;
}

export function describeMachine(commit: string): Machine {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit,
    node: process.version,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
  };
}

export function countsOf(
  results: readonly OperationResult[],
  memory: Readonly<Record<string, number>>,
  bundleBytes: Readonly<Record<string, number>>,
): CountsFile {
  return {
    operations: results.map(({ scenario, operation, tally }) => ({ scenario, operation, tally })),
    memory,
    bundleBytes,
  };
}
