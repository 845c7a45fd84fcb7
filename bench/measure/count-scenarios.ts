import type { Mode } from '../arguments.ts';
import { step } from '../progress.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { newUser } from '../scenarios/scenario.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { type OperationResult, Recorder } from './recorder.ts';

/** Two rounds show that the counts repeat (quick mode compares with the committed ones); more only steady the CPU figures. */
const ROUNDS: Readonly<Record<Mode, number>> = { check: 2, quick: 1, full: 30 };

/** @param only names of scenarios; if empty, all that fit the mode */
export async function countScenarios(
  stack: BenchStack,
  mode: Mode,
  only: readonly string[],
): Promise<readonly OperationResult[]> {
  const scenarios = SCENARIOS.filter(({ name, isChecked }) =>
    only.length > 0 ? only.includes(name) : mode !== 'check' || isChecked,
  );
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
