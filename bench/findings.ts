import { ENV } from '../lambdas/shared/env-names.ts';
import { PROJECT_DIRECTORY } from '../local/runtime.ts';
import type { BenchArguments } from './arguments.ts';
import { pathOf } from './files.ts';
import { type InitTime, measureInit } from './init/init-time.ts';
import { type GrowthPoint, measureGrowth } from './latency/growth.ts';
import { nameOf } from './measure/budget.ts';
import { countScenarios, scenariosByOptions } from './measure/count-scenarios.ts';
import type { OperationResult } from './measure/recorder.ts';
import { step } from './progress.ts';
import { BOTH_CLIENTS, REFERENCE } from './report/report.ts';
import { type CountsFile, countsOf, type TimesFile } from './results.ts';
import { DESK_QUEUES } from './scenarios/desk.ts';
import type { Scenario } from './scenarios/scenario.ts';
import {
  type Assembly,
  bundleSizes,
  makeAssembly,
  memoryOf,
  namedFunctions,
  wrapHandlers,
} from './stack/assembly.ts';
import { withBenchStack } from './stack/bench-stack.ts';
import type { SelfTime } from './throughput/cpu-profile.ts';
import { measureThroughput, profileSending, type Throughput } from './throughput/throughput.ts';

/** Constant, and longer than the gap between parallel calls, to distinguish these from sequential calls. */
const COUNTING_LATENCY = [{ ms: 5 }];
/** More instances would slow each other down until calls time out. */
const COUNTING_INSTANCES = 2;
const INIT_ROUNDS = { check: 0, quick: 3, full: 15 };

interface Times {
  readonly init?: readonly InitTime[];
  readonly growth?: readonly GrowthPoint[];
  readonly throughput?: Throughput;
  readonly profile?: readonly SelfTime[];
}

/** Findings of the requested parts only. */
export interface Findings extends Times {
  readonly results: readonly OperationResult[];
  readonly counts: CountsFile;
  readonly cpuMs: TimesFile['cpuMs'];
}

export async function find(assembly: Assembly, options: BenchArguments): Promise<Findings> {
  const { results, memory } = await count(assembly, options);
  const counts = countsOf(results, { ...memoryOf(assembly), ...memory }, bundleSizes(assembly));
  const cpuMs = Object.fromEntries(results.map((result) => [nameOf(result), result.cpuMs]));
  return { results, counts, cpuMs, ...(await measureTimes(assembly, options)) };
}

interface Counted {
  readonly results: readonly OperationResult[];
  /** Of functions that the assembly without options does not have. */
  readonly memory: Readonly<Record<string, number>>;
}

async function count(assembly: Assembly, { mode, scenarios, parts }: BenchArguments): Promise<Counted> {
  if (!parts.includes('counts')) return { results: [], memory: {} };
  const counted: Counted[] = [];
  for (const [, group] of scenariosByOptions(mode, scenarios)) {
    const { context } = group[0];
    const own =
      context &&
      (await step(`synthesize with ${Object.keys(context).join(', ')}`, () =>
        makeAssembly(PROJECT_DIRECTORY, context),
      ));
    try {
      counted.push(await countOn(own ?? assembly, mode, group));
    } finally {
      own?.remove();
    }
  }
  return {
    results: counted.flatMap(({ results }) => results),
    memory: Object.assign({}, ...counted.map(({ memory }) => memory)),
  };
}

async function countOn(
  assembly: Assembly,
  mode: BenchArguments['mode'],
  scenarios: readonly Scenario[],
): Promise<Counted> {
  if (mode !== 'check') wrapHandlers(assembly, 'meter');
  const options = {
    cdkOut: assembly.directory,
    latency: COUNTING_LATENCY,
    maxInstancesPerFunction: COUNTING_INSTANCES,
    environment: { [ENV.deskQueues]: DESK_QUEUES.join(',') },
  };
  const results = await withBenchStack(options, (stack) => countScenarios(stack, mode, scenarios));
  return { results, memory: memoryOf(assembly) };
}

async function measureTimes(assembly: Assembly, { mode, parts }: BenchArguments): Promise<Times> {
  if (mode === 'check' || !parts.some((part) => part !== 'counts')) return {};
  const baseline = await step('synthesize the baseline', () => makeAssembly(pathOf('baseline')));
  try {
    const init = parts.includes('bundles')
      ? await step('import times', () =>
          measureInit(initialized(assembly, baseline, mode), INIT_ROUNDS[mode]),
        )
      : undefined;
    for (const one of [assembly, baseline]) wrapHandlers(one, 'meter');
    const growth = parts.includes('latency')
      ? await measureGrowth(assembly.directory, baseline.directory, mode)
      : undefined;
    if (!parts.includes('throughput')) return { ...(init && { init }), ...(growth && { growth }) };
    const throughput = await step('throughput', () => measureThroughput(assembly, mode));
    wrapHandlers(assembly, 'profiler');
    const profile = await step('profile', () => profileSending(assembly, mode));
    return { ...(init && { init }), ...(growth && { growth }), throughput, profile };
  } finally {
    baseline.remove();
  }
}

const QUICK_INIT = ['Socket'];

/** The baseline's functions are SDK clients and a few lines, so their import time is the SDK's. */
function initialized(assembly: Assembly, baseline: Assembly, mode: BenchArguments['mode']) {
  const bare = namedFunctions(baseline).find(({ name }) => name === 'Connect');
  const both = namedFunctions(baseline).find(({ name }) => name === 'SendMessage');
  return [
    ...(bare ? [{ ...bare, name: REFERENCE }] : []),
    ...(both ? [{ ...both, name: BOTH_CLIENTS }] : []),
    ...namedFunctions(assembly).filter(({ name }) => mode === 'full' || QUICK_INIT.includes(name)),
  ];
}
