import { parseArgs } from 'node:util';

export type Mode = 'full' | 'quick' | 'check';

/** The parts of the bench; `counts` also measures the CPU time of each function. */
export const PARTS = ['counts', 'bundles', 'latency', 'throughput'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchArguments {
  readonly mode: Mode;
  readonly scenarios: readonly string[];
  readonly parts: readonly Part[];
  /** Stores the counts as the new budgets, after a change that is meant to cost more or less. */
  readonly accept: boolean;
  /** Measures nothing; rewrites the tables from bench/results, for instance after a price change. */
  readonly report: boolean;
  /** Measures only how long functions take at each memory size. */
  readonly memory: boolean;
  /** Measures only how long others wait while one user floods the stack. */
  readonly flood: boolean;
  /** Measures only how long a message takes with and without a hook. */
  readonly hook: boolean;
  readonly help: boolean;
}

export const HELP = `npm run bench -- [options]

  --check            counts and budgets only, under 45 s: part of \`npm run check\`
  --quick            everything in small, under a minute
  --scenario NAME    only this scenario's counts; may be given again
  --part NAME        only ${PARTS.join(', ')}; may be given again
  --accept           make what is counted now the budget, and the report's counts
  --report           measure nothing; write the pages again from bench/results
  --memory           how long functions take at each memory size, some minutes; needs Linux and root
  --flood            how long others wait while one user floods the stack, against their wait before it; two minutes
  --hook             how long a message takes with and without a hook; a minute

Without --check, --scenario, and --part the results go to bench/results/ and docs/performance.md.`;

/** @throws {Error} with a message for the user */
export function parseBenchArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      check: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true, default: [] },
      part: { type: 'string', multiple: true, default: [] },
      accept: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      flood: { type: 'boolean', default: false },
      hook: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const scenarios = values.scenario.filter((name) => requireOneOf('scenario', name, known));
  const named = values.part.filter((name) => requireOneOf('part', name, PARTS)) as Part[];
  const mode = values.check ? 'check' : values.quick ? 'quick' : 'full';
  return {
    mode,
    scenarios,
    parts: partsOf(mode, scenarios, named),
    accept: values.accept,
    report: values.report,
    memory: values.memory,
    flood: values.flood,
    hook: values.hook,
    help: values.help,
  };
}

function partsOf(mode: Mode, scenarios: readonly string[], named: readonly Part[]): readonly Part[] {
  if (named.length > 0) return named;
  if (scenarios.length > 0) return ['counts'];
  return mode === 'check' ? ['counts', 'bundles'] : PARTS;
}

function requireOneOf(option: string, name: string, known: readonly string[]): boolean {
  if (known.includes(name)) return true;
  throw new Error(`--${option} ${name}: there is none of that name. There are: ${known.join(', ')}`);
}
