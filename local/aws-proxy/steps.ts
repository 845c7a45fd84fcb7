import type { AwsProxy } from './aws-proxy.ts';
import type { BreakpointMatch } from './breakpoint.ts';
import type { Call } from './call.ts';
import type { FaultKind } from './fault-kind.ts';

export interface Step<Result> {
  /** Number of the run, from 1: it is stopped at its n-th call. */
  readonly n: number;
  /** The stopped call. */
  readonly call: Call;
  /** Resumes the call; so does the end of the loop body. */
  release(): void;
  /** Ends the call with this fault. */
  fail(fault: FaultKind): void;
  /** Result of the run; settles only after `release` or `fail`. */
  readonly finished: Promise<Result>;
}

export interface StepOptions<Result> extends Omit<BreakpointMatch, 'nth'> {
  /** Runs the whole flow to its end, with new users each time; `n` is the number of the run. */
  readonly run: (n: number) => Promise<Result>;
}

/**
 * Runs a flow repeatedly, stopped at its first call, then at its second, and so on, until a run makes fewer calls. For
 * tests of what may happen between two calls:
 *
 *     for await (const step of steps(proxy, { route: 'sendMessage', run: (n) => send(n) })) {
 *       await theOtherSideActs();
 *       step.release();
 *       check(await step.finished);
 *     }
 */
export async function* steps<Result>(
  proxy: AwsProxy,
  options: StepOptions<Result>,
): AsyncGenerator<Step<Result>, void> {
  const { run, ...match } = options;
  for (let n = 1; ; n += 1) {
    const breakpoint = proxy.setBreakpoint({ ...match, nth: n });
    const finished = run(n);
    finished.catch(() => undefined);
    const call = await Promise.race([breakpoint.reached, finished.then(() => undefined)]);
    if (call === undefined) {
      breakpoint.release();
      return;
    }
    try {
      yield {
        n,
        call,
        release: () => breakpoint.release(),
        fail: (fault) => breakpoint.fail(fault),
        finished,
      };
    } finally {
      breakpoint.release();
    }
    await finished;
  }
}
