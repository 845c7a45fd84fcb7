import type { OperationResult } from './recorder.ts';
import type { Tally } from './tally.ts';

/** Bytes are reported but not gated: a longer field name is no regression. */
export type OperationBudget = Omit<Tally, 'bytesOut' | 'bytesIn' | 'sentBytes' | 'chain'>;

export interface Budgets {
  /** Keyed by `scenario/operation`: its maximum cost, which is also its present cost. */
  readonly operations: Readonly<Record<string, OperationBudget>>;
  /** Maximum size of a function's minified bundle, including the SDK. */
  readonly bundleBytes: number;
  /** Exceptions for functions with additional dependencies, each justified in an ADR. */
  readonly bundleBytesOf?: Readonly<Record<string, number>>;
}

export interface Verdict {
  /** One line each; the gate fails if there is any. */
  readonly broken: readonly string[];
  /** Operations that cost less than their budget, which can then be lowered. */
  readonly under: readonly string[];
}

export function budgetOf({ bytesOut, bytesIn, sentBytes, chain, ...budget }: Tally): OperationBudget {
  return budget;
}

export function nameOf({ scenario, operation }: Pick<OperationResult, 'scenario' | 'operation'>): string {
  return `${scenario}/${operation}`;
}

export function judgeCounts(
  { operations }: Pick<Budgets, 'operations'>,
  results: readonly OperationResult[],
): Verdict {
  const broken: string[] = [];
  const under: string[] = [];
  for (const result of results) {
    const name = nameOf(result);
    const budget = operations[name];
    if (budget === undefined) {
      broken.push(`${name} has no budget: \`npm run bench -- --accept\` makes one`);
      continue;
    }
    for (const [count, allowed, actual] of pairs(budget, budgetOf(result.tally))) {
      if (actual > allowed) broken.push(`${name}: ${count} is ${actual}, budget ${allowed}`);
      if (actual < allowed) under.push(`${name}: ${count} is ${actual}, budget ${allowed}`);
    }
  }
  return { broken, under };
}

export function judgeBundles(
  { bundleBytes, bundleBytesOf = {} }: Pick<Budgets, 'bundleBytes' | 'bundleBytesOf'>,
  sizes: Readonly<Record<string, number>>,
): Verdict {
  const broken = Object.entries(sizes)
    .map(([name, bytes]) => ({ name, bytes, budget: bundleBytesOf[name] ?? bundleBytes }))
    .filter(({ bytes, budget }) => bytes > budget)
    .map(({ name, bytes, budget }) => `bundle of ${name}: ${bytes} bytes, budget ${budget}`);
  return { broken, under: [] };
}

/** Every number in either object, with 0 where one of them lacks it. */
function* pairs(
  budget: OperationBudget,
  actual: OperationBudget,
): Generator<[name: string, allowed: number, actual: number]> {
  const [allowed, counted] = [flat(budget), flat(actual)];
  for (const name of new Set([...allowed.keys(), ...counted.keys()])) {
    yield [name, allowed.get(name) ?? 0, counted.get(name) ?? 0];
  }
}

function flat(budget: OperationBudget): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(budget).flatMap(([name, value]): [string, number][] =>
      typeof value === 'number'
        ? [[name, value]]
        : Object.entries(value).map(([key, count]) => [`${name} of ${key}`, count]),
    ),
  );
}
