import type { BenchStack } from '../stack/bench-stack.ts';
import { type Summary, summarize } from './percentile.ts';
import { differences, shareOf, type Tally, tallyOf } from './tally.ts';

/** One thing that a user or the service does, and what it costs. */
export interface OperationResult {
  readonly scenario: string;
  readonly operation: string;
  readonly tally: Tally;
  /** CPU milliseconds of each function's runs, if the handlers were metered. */
  readonly cpuMs: Readonly<Record<string, Summary>>;
}

/** The counts of one operation were not the same in two runs: one of them, or the operation, is not what it claims. */
export class InexactError extends Error {}

interface Recording {
  readonly tally: Tally;
  readonly cpuMs: Record<string, number[]>;
}

/** Keeps the first tally of each operation, and holds every later one against it. */
export class Recorder {
  readonly #scenario: string;
  readonly #stack: BenchStack;
  readonly #recordings = new Map<string, Recording>();

  constructor(scenario: string, stack: BenchStack) {
    this.#scenario = scenario;
    this.#stack = stack;
  }

  /**
   * Counts what the functions do from now until nothing is under way any more.
   * @param per the operation is done so many times in it
   * @throws {InexactError} it did not cost what it cost before
   */
  async measure<Result>(operation: string, run: () => Promise<Result>, per = 1): Promise<Result> {
    const { wire, cpu, names } = this.#stack;
    await this.#stack.settle();
    wire.reset();
    cpu.clear();
    const result = await run();
    await this.#stack.settle();
    const { invocations } = wire;
    const failed = invocations.find(({ ok }) => ok !== true);
    if (failed) throw new Error(`${operation}: ${names.of(failed.function)} failed: ${failed.error}`);
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
    for (const { function: id, requestId } of invocations) {
      const micros = cpu.microsOf(requestId);
      if (micros === undefined) continue;
      const name = names.of(id);
      recording.cpuMs[name] ??= [];
      recording.cpuMs[name].push(micros / 1000);
    }
    this.#recordings.set(operation, recording);
    return result;
  }

  get results(): readonly OperationResult[] {
    return [...this.#recordings].map(([operation, { tally, cpuMs }]) => ({
      scenario: this.#scenario,
      operation,
      tally,
      cpuMs: Object.fromEntries(Object.entries(cpuMs).map(([name, values]) => [name, summarize(values)])),
    }));
  }
}
