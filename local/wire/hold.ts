import { type Call, type CallMatch, matches } from './call.ts';
import type { Exchange } from './exchange.ts';
import type { FaultKind } from './fault-kind.ts';

export type HoldStage = 'before' | 'after';

export interface HoldMatch extends CallMatch {
  /** The n-th call that matches, from 1. @default 1 */
  readonly nth?: number;
  /** `after`: the emulator has done it, and the answer is withheld. @default before */
  readonly when?: HoldStage;
}

export class Holds {
  readonly #pending = new Set<ArmedHold>();

  hold(match: HoldMatch): Hold {
    const hold = new ArmedHold(match, () => this.#pending.delete(hold));
    this.#pending.add(hold);
    return hold;
  }

  /** Waits as long as the first hold that takes this call wants it; resolves with the fault it is to end in. */
  async pass(stage: HoldStage, { call, input, line }: Exchange): Promise<FaultKind | undefined> {
    const taking = [...this.#pending].filter((hold) => hold.takes(stage, call, input));
    const [hold] = taking;
    if (hold === undefined) return undefined;
    this.#pending.delete(hold);
    hold.stop(call);
    return line.untilGone(hold.verdict);
  }

  close(): void {
    for (const hold of this.#pending) hold.close();
    this.#pending.clear();
  }
}

/**
 * Stops one call. The caller's own time-outs go on: the handlers give DynamoDB and SQS 2 s and a post 1 s, and then
 * hang up; a call whose caller has gone is not sent on any more.
 */
export type Hold = Pick<ArmedHold, 'reached' | 'isReached' | 'release' | 'fail'>;

class ArmedHold {
  readonly #match: HoldMatch;
  readonly #reached = Promise.withResolvers<Call>();
  /** Resolves with the call when it stands; rejects if the wire is closed first. */
  readonly reached = this.#reached.promise;
  readonly #verdict = Promise.withResolvers<FaultKind | undefined>();
  readonly verdict = this.#verdict.promise;
  readonly #withdraw: () => void;
  #seen = 0;
  isReached = false;

  constructor(match: HoldMatch, withdraw: () => void) {
    this.#match = match;
    this.#withdraw = withdraw;
    // A test that ends without having waited is no unhandled rejection.
    this.reached.catch(() => undefined);
  }

  takes(stage: HoldStage, call: Call, input: unknown): boolean {
    if ((this.#match.when ?? 'before') !== stage || !matches(this.#match, call, input)) return false;
    this.#seen += 1;
    return this.#seen === (this.#match.nth ?? 1);
  }

  stop(call: Call): void {
    this.isReached = true;
    this.#reached.resolve(call);
  }

  /** Lets it go on, or lets it pass if it hasn't come yet. */
  release(): void {
    this.#withdraw();
    this.#verdict.resolve(undefined);
  }

  /** Ends it so instead. */
  fail(fault: FaultKind): void {
    this.#verdict.resolve(fault);
  }

  close(): void {
    this.#reached.reject(
      new Error(`The wire was closed before a call came that fits ${JSON.stringify(this.#match)}.`),
    );
    this.#verdict.resolve(undefined);
  }
}
