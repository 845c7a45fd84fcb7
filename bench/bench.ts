import { PROJECT_DIRECTORY } from '../local/runtime.ts';
import { type BenchArguments, HELP, parseBenchArguments } from './arguments.ts';
import { find } from './findings.ts';
import { measureFloods } from './latency/flood.ts';
import { measureHook } from './latency/with-hook.ts';
import { measureMemory } from './memory/memory.ts';
import { accept, compare, judge, save, saveMemory, summary, writeCommittedReport } from './outcome.ts';
import { step } from './progress.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { type Assembly, makeAssembly } from './stack/assembly.ts';

/** Runs the bench; returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (options === undefined) return 2;
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  if (options.report) {
    writeCommittedReport();
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
  if (options.memory) {
    saveMemory(await measureMemory(assembly));
    return 0;
  }
  if (options.hook) {
    console.log(await measureHook(assembly));
    return 0;
  }
  if (options.flood) {
    console.log(await measureFloods(assembly));
    return 0;
  }
  const findings = await find(assembly, options);
  if (options.accept) accept(findings);
  if (options.mode !== 'check') console.log(summary(findings));
  if (isComplete(options)) save(findings);
  else compare(findings);
  return judge(findings, options.parts.includes('bundles'));
}

function isComplete({ mode, parts, scenarios }: BenchArguments): boolean {
  return mode === 'full' && parts.length === 4 && scenarios.length === 0;
}
