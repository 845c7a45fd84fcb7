import type { AwsProxy } from './aws-proxy.ts';
import type { BreakpointMatch } from './breakpoint.ts';
import type { Call } from './call.ts';
import type { FaultKind } from './fault-kind.ts';

export interface Step<Result> {
  /** The round, from 1: this run is stopped at its n-th call. */
  readonly n: number;
  /** Where it stands. */
  readonly call: Call;
  /** Lets it go on. The end of the loop's body does so too. */
  release(): void;
  /** Ends the call so instead. */
  fail(fault: FaultKind): void;
  /** What the run came to; only after `release` or `fail`. */
  readonly finished: Promise<Result>;
}

export interface StepOptions<Result> extends Omit<BreakpointMatch, 'nth'> {
  /** Does the whole flow, and waits for its end, with new users each time; `n` is the round. */
  readonly run: (n: number) => Promise<Result>;
}

/**
 * Runs a flow again and again, stopped at its first call, then at its second, and so on, until a run ends without
 * having made as many. For tests of what may happen in between:
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
