import { type Call, type CallMatch, matches } from './call.ts';
import type { Exchange } from './exchange.ts';
import type { FaultKind } from './fault-kind.ts';

export type BreakpointStage = 'before' | 'during' | 'after';

export interface BreakpointMatch extends CallMatch {
  /** The n-th call that matches, from 1. @default 1 */
  readonly nth?: number;
  /**
   * `during`: the call is on its way, and a transaction has its items, so that others collide with it. `after`: the
   * emulator has executed the call, and its answer is withheld.
   * @default before
   */
  readonly when?: BreakpointStage;
}

export class Breakpoints {
  readonly #pending = new Set<ArmedBreakpoint>();
  readonly #holding = new Set<ArmedBreakpoint>();

  set(match: BreakpointMatch): Breakpoint {
    const breakpoint = new ArmedBreakpoint(match, () => this.#pending.delete(breakpoint));
    this.#pending.add(breakpoint);
    return breakpoint;
  }

  /** Stops the call at the first breakpoint that matches it; resolves with the fault that is to end the call. */
  async pass(stage: BreakpointStage, { call, input, client }: Exchange): Promise<FaultKind | undefined> {
    const held = [...this.#holding].find((breakpoint) => breakpoint.holdsEarlierAttempt(call, input));
    if (held !== undefined) return client.untilGone(held.verdict);
    const taking = [...this.#pending].filter((breakpoint) => breakpoint.takes(stage, call, input));
    const [breakpoint] = taking;
    if (breakpoint === undefined) return undefined;
    this.#pending.delete(breakpoint);
    breakpoint.stop(call, input);
    this.#holding.add(breakpoint);
    void breakpoint.verdict.then(() => this.#holding.delete(breakpoint));
    // AWS goes on with a transaction whose client has gone.
    return stage === 'during' ? breakpoint.verdict : client.untilGone(breakpoint.verdict);
  }

  close(): void {
    for (const breakpoint of [...this.#pending, ...this.#holding]) breakpoint.close();
    this.#pending.clear();
  }
}

/**
 * Stops one call. The caller's timeouts keep running: handlers wait 2 s for DynamoDB and SQS, 1 s for a post, and then
 * disconnect. A call whose caller has disconnected is not forwarded; its retries are stopped, too, until the release. A
 * transaction that is stopped `during` its call keeps its items until then.
 */
export type Breakpoint = Pick<ArmedBreakpoint, 'reached' | 'isReached' | 'release' | 'fail'>;

class ArmedBreakpoint {
  readonly #match: BreakpointMatch;
  readonly #reached = Promise.withResolvers<Call>();
  /** Resolves with the call when it has stopped here; rejects if the proxy is closed first. */
  readonly reached = this.#reached.promise;
  readonly #verdict = Promise.withResolvers<FaultKind | undefined>();
  readonly verdict = this.#verdict.promise;
  readonly #remove: () => void;
  #seen = 0;
  #held: { readonly call: Call; readonly text: string } | undefined;
  isReached = false;

  constructor(match: BreakpointMatch, remove: () => void) {
    this.#match = match;
    this.#remove = remove;
    // A test that ends without awaiting it must not cause an unhandled rejection.
    this.reached.catch(() => undefined);
  }

  takes(stage: BreakpointStage, call: Call, input: unknown): boolean {
    if ((this.#match.when ?? 'before') !== stage || !matches(this.#match, call, input)) return false;
    this.#seen += 1;
    return this.#seen === (this.#match.nth ?? 1);
  }

  /** Whether the SDK makes this call again, since it waited too long for the one that is stopped here. */
  holdsEarlierAttempt({ attempt, requestId, operation }: Call, input: unknown): boolean {
    if (this.#held === undefined || attempt <= this.#held.call.attempt) return false;
    const { call, text } = this.#held;
    return requestId === call.requestId && operation === call.operation && JSON.stringify(input) === text;
  }

  stop(call: Call, input: unknown): void {
    this.isReached = true;
    this.#held = { call, text: JSON.stringify(input) };
    this.#reached.resolve(call);
  }

  /** Resumes the call, or removes the breakpoint if no call has reached it. */
  release(): void {
    this.#remove();
    this.#verdict.resolve(undefined);
  }

  /** Ends the call with this fault. */
  fail(fault: FaultKind): void {
    this.#verdict.resolve(fault);
  }

  close(): void {
    this.#reached.reject(
      new Error(`The proxy was closed before a call matched ${JSON.stringify(this.#match)}.`),
    );
    this.#verdict.resolve(undefined);
  }
}
