import type { Mode } from '../arguments.ts';
import { step } from '../progress.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { newUser, type Scenario } from '../scenarios/scenario.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { type OperationResult, Recorder } from './recorder.ts';

/** Two rounds show that the counts repeat (quick mode compares with the committed ones); more only steady the CPU figures. */
const ROUNDS: Readonly<Record<Mode, number>> = { check: 2, quick: 1, full: 30 };

/**
 * The scenarios to run, by the options that their deployment needs.
 * @param only names of scenarios; if empty, all that fit the mode
 */
export function scenariosByOptions(
  mode: Mode,
  only: readonly string[],
): ReadonlyMap<string, readonly [Scenario, ...Scenario[]]> {
  const scenarios = SCENARIOS.filter(({ name, isChecked }) =>
    only.length > 0 ? only.includes(name) : mode !== 'check' || isChecked,
  );
  return Map.groupBy(scenarios, ({ context }) => JSON.stringify(context ?? {})) as unknown as ReadonlyMap<
    string,
    [Scenario, ...Scenario[]]
  >;
}

export async function countScenarios(
  stack: BenchStack,
  mode: Mode,
  scenarios: readonly Scenario[],
): Promise<readonly OperationResult[]> {
  const results: OperationResult[] = [];
  for (const scenario of scenarios) {
    const recorder = new Recorder(scenario.name, stack);
    await step(scenario.name, () =>
      scenario.run({
        stack,
        rounds: ROUNDS[mode],
        scale: mode === 'full' ? 'full' : 'small',
        measure: (operation, run, per) => recorder.measure(operation, run, per),
        user: newUser,
      }),
    );
    results.push(...recorder.results);
  }
  return results;
}
