import type { BenchStack } from '../stack/bench-stack.ts';
import { type CpuTime, cpuTime } from './percentile.ts';
import { differences, runName, shareOf, type Tally, tallyOf } from './tally.ts';

/** An operation of a user or the service, and its cost. */
export interface OperationResult {
  readonly scenario: string;
  readonly operation: string;
  readonly tally: Tally;
  /** CPU milliseconds of each invocation by `runName`, if the handlers were metered. */
  readonly cpuMs: Readonly<Record<string, CpuTime>>;
}

/** The counts of an operation differed between two rounds: a round was disturbed, or the operation is not deterministic. */
export class InexactError extends Error {}

interface Recording {
  readonly tally: Tally;
  readonly cpuMs: Record<string, number[]>;
}

/**
 * Keeps each operation's first tally and compares later ones with it. Skips rounds in which a call timed out, as happens after
 * a second or two on a busy machine: they contain a retry, which test/flow/faults.test.ts covers.
 */
export class Recorder {
  readonly #scenario: string;
  readonly #stack: BenchStack;
  readonly #recordings = new Map<string, Recording>();
  readonly #disturbed = new Set<string>();

  constructor(scenario: string, stack: BenchStack) {
    this.#scenario = scenario;
    this.#stack = stack;
  }

  /**
   * Counts the functions' calls from now until everything has settled.
   * @param per how many times the operation is done meanwhile
   * @throws {InexactError} if the counts differ from the first round's
   */
  async measure<Result>(operation: string, run: () => Promise<Result>, per = 1): Promise<Result> {
    const { proxy, cpu, names } = this.#stack;
    await this.#stack.settle();
    proxy.reset();
    cpu.clear();
    const result = await run();
    await this.#stack.settle();
    const { invocations } = proxy;
    const failed = invocations.find(({ ok }) => ok !== true);
    if (failed) throw new Error(`${operation}: ${names.of(failed.function)} failed: ${failed.error}`);
    if (invocations.some(({ calls }) => calls.some(({ outcome }) => outcome !== 'answered'))) {
      this.#disturbed.add(operation);
      return result;
    }
    const tally = shareOf(
      tallyOf(invocations, (id) => names.of(id)),
      per,
    );
    const recording = this.#recordings.get(operation) ?? { tally, cpuMs: {} };
    const changes = differences(recording.tally, tally);
    if (changes.length > 0) {
      throw new InexactError(
        `${this.#scenario}/${operation} differs between two runs: ${changes.join(', ')}`,
      );
    }
    for (const invocation of invocations) {
      const micros = cpu.microsOf(invocation.requestId);
      if (micros === undefined) continue;
      const name = runName(invocation, (id) => names.of(id));
      recording.cpuMs[name] ??= [];
      recording.cpuMs[name].push(micros / 1000);
    }
    this.#recordings.set(operation, recording);
    return result;
  }

  /** @throws {Error} if an operation was disturbed in every round */
  get results(): readonly OperationResult[] {
    const lost = [...this.#disturbed].filter((operation) => !this.#recordings.has(operation));
    if (lost.length > 0) {
      throw new Error(`This machine is too busy: in every round of ${lost.join(', ')} a call timed out.`);
    }
    return [...this.#recordings].map(([operation, { tally, cpuMs }]) => ({
      scenario: this.#scenario,
      operation,
      tally,
      cpuMs: Object.fromEntries(Object.entries(cpuMs).map(([name, values]) => [name, cpuTime(values)])),
    }));
  }
}
