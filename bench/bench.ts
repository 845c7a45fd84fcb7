import { PROJECT_DIRECTORY } from '../local/runtime.ts';
import { type BenchArguments, HELP, parseBenchArguments } from './arguments.ts';
import { readJson, writeJson } from './files.ts';
import { type Budgets, budgetOf, judgeBundles, judgeCounts, nameOf } from './measure/budget.ts';
import { countScenarios } from './measure/count-scenarios.ts';
import type { OperationResult } from './measure/recorder.ts';
import { step } from './progress.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { type Assembly, bundleSizes, makeAssembly, meterHandlers } from './stack/assembly.ts';
import { withBenchStack } from './stack/bench-stack.ts';

/** Constant, and longer than a function takes to send two calls one after the other: then chains can be told. */
const COUNTING_LATENCY = [{ ms: 5 }];

/** Runs the bench; returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (options === undefined) return 2;
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const assembly = await step('synthesize', () => makeAssembly(PROJECT_DIRECTORY));
  try {
    return await run(assembly, options);
  } finally {
    assembly.remove();
  }
}

function readArguments(args: readonly string[]): BenchArguments | undefined {
  try {
    return parseBenchArguments(
      args,
      SCENARIOS.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return undefined;
  }
}

async function run(assembly: Assembly, options: BenchArguments): Promise<number> {
  const sizes = bundleSizes(assembly);
  if (options.mode !== 'check') meterHandlers(assembly);
  const counts = options.parts.includes('counts') ? await count(assembly, options) : [];
  if (options.accept) accept(counts);
  return judge(counts, options.parts.includes('bundles') ? sizes : {});
}

function count(assembly: Assembly, { mode, scenarios }: BenchArguments): Promise<readonly OperationResult[]> {
  const options = { cdkOut: assembly.directory, latency: COUNTING_LATENCY };
  return withBenchStack(options, (stack) => countScenarios(stack, mode, scenarios));
}

function accept(results: readonly OperationResult[]): void {
  const budgets = readJson<Budgets>('budgets.json');
  const counted = results.map((result) => [nameOf(result), budgetOf(result.tally)] as const);
  writeJson('budgets.json', {
    ...budgets,
    operations: { ...budgets.operations, ...Object.fromEntries(counted) },
  });
}

function judge(counts: readonly OperationResult[], sizes: Readonly<Record<string, number>>): number {
  const budgets = readJson<Budgets>('budgets.json');
  const verdicts = [judgeCounts(budgets, counts), judgeBundles(budgets, sizes)];
  const broken = verdicts.flatMap((verdict) => verdict.broken);
  const under = verdicts.flatMap((verdict) => verdict.under);
  for (const line of under) console.error(`under budget: ${line}`);
  for (const line of broken) console.error(`OVER BUDGET: ${line}`);
  if (broken.length > 0) return 1;
  console.error(
    `${counts.length} operations and ${Object.keys(sizes).length} bundles are within their budgets.`,
  );
  return 0;
}
