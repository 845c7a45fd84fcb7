import type { Mode } from '../arguments.ts';
import { cpuTime, type Summary, summarize } from '../measure/percentile.ts';
import { type Tally, tallyOf } from '../measure/tally.ts';
import { step } from '../progress.ts';
import { type BenchStack, withBenchStack } from '../stack/bench-stack.ts';
import { joinBaseline } from './baseline-crowd.ts';
import type { Crowd } from './crowd.ts';
import { joinOurs } from './our-crowd.ts';
import { readProfile } from './profile.ts';

/** The cost and duration of one message while this many users are connected. */
export interface GrowthPoint {
  readonly system: 'ours' | 'baseline';
  readonly users: number;
  /** From sending the frame to receiving a push. */
  readonly ms: Summary;
  readonly tally: Pick<Tally, 'readUnits' | 'writeUnits' | 'posts' | 'socketMessages'>;
  /** Mean CPU time of the sending function. */
  readonly cpuMs: number;
}

const USERS: Readonly<Record<Mode, readonly number[]>> = {
  check: [],
  quick: [10, 1_000],
  full: [10, 100, 1_000, 10_000],
};
const MESSAGES: Readonly<Record<Mode, number>> = { check: 0, quick: 20, full: 200 };
/** Limits the number of messages: one to everyone takes a post per user, about a millisecond each on this machine. */
const MOST_POSTS: Readonly<Record<Mode, number>> = { check: 0, quick: 2_000, full: 40_000 };
const LEAST_MESSAGES = 4;
/** Warm-up messages: the first ones start functions and compile their code. */
const WARM_UP = 15;
/** How many messages may be skipped because a function failed. */
const MOST_FAILURES = 2;

/** Runs both systems side by side on one machine and measures them alternately, with the same latencies. */
export async function measureGrowth(
  ours: string,
  baseline: string,
  mode: Mode,
): Promise<readonly GrowthPoint[]> {
  const latency = readProfile().rules;
  const points: GrowthPoint[] = [];
  await withBenchStack({ cdkOut: ours, latency }, (ourStack) =>
    withBenchStack({ cdkOut: baseline, latency }, async (baselineStack) => {
      for (const users of USERS[mode]) {
        const few = Math.max(LEAST_MESSAGES, Math.min(MESSAGES[mode], Math.floor(MOST_POSTS[mode] / users)));
        const run = async (
          system: GrowthPoint['system'],
          stack: BenchStack,
          crowd: Crowd,
          messages: number,
        ) => points.push({ system, users, ...(await measureCrowd(stack, crowd, messages)) });
        await step(`ours, ${users} connected`, async () =>
          run('ours', ourStack, await joinOurs(ourStack, users), MESSAGES[mode]),
        );
        await step(`baseline, ${users} connected`, async () =>
          run('baseline', baselineStack, await joinBaseline(baselineStack, users), few),
        );
      }
    }),
  );
  return points;
}

export async function measureCrowd(
  stack: BenchStack,
  crowd: Crowd,
  messages: number,
): Promise<Pick<GrowthPoint, 'ms' | 'tally' | 'cpuMs'>> {
  const { proxy, names, cpu } = stack;
  for (let n = 0; n < Math.min(WARM_UP, messages); n += 1) await crowd.send(n);
  const delays: number[] = [];
  const cpuMs: number[] = [];
  let tally: Tally | undefined;
  let failures = 0;
  for (let n = 0; delays.length === 0 || n < messages; n += 1) {
    await proxy.untilIdle();
    proxy.reset();
    const measured = await crowd.send(n);
    await proxy.untilIdle();
    const { invocations } = proxy;
    const failed = invocations.find(({ ok }) => ok !== true);
    if (failed) {
      // On a busy machine the baseline's function may hit its time-out of 29 s.
      failures += 1;
      if (failures > MOST_FAILURES) throw new Error(`${failed.function} failed: ${failed.error}`);
      console.error(`left out: ${names.of(failed.function)} failed: ${failed.error}`);
      continue;
    }
    delays.push(...measured);
    tally ??= tallyOf(invocations, (id) => names.of(id));
    cpuMs.push((cpu.microsOf(invocations[0]?.requestId ?? '') ?? Number.NaN) / 1000);
  }
  await crowd.leave();
  const { readUnits = 0, writeUnits = 0, posts = 0, socketMessages = 0 } = tally ?? {};
  return {
    ms: summarize(delays),
    tally: { readUnits, writeUnits, posts, socketMessages },
    cpuMs: cpuTime(cpuMs).meanMs,
  };
}
