import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import { processFanOutJob } from '../../../lambdas/domain/delivery/fan-out.ts';
import { createPace, type Pace } from '../../../lambdas/domain/delivery/pace.ts';
import type { PostOutcome } from '../../../lambdas/domain/model/connections.ts';
import type { FanOutJob } from '../../../lambdas/domain/model/fan-out-job.ts';
import { FAN_OUT_WORKERS, WORKER_RATE } from '../../../lambdas/shared/fan-out-rate.ts';
import { aSession, createWorld } from '../../adapters/memory/world.ts';
import { createVirtualTime } from './virtual-time.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html */
const ACCOUNT = { perSecond: 10_000, burst: 5_000 };
/** What everybody else posts meanwhile. */
const OTHERS_PER_SECOND = 4_000;
const POST_MS = 20;
/** Of the posts' adapter, in each worker. */
const POSTS_AT_ONCE = 50;

type Time = ReturnType<typeof createVirtualTime>;

interface Run {
  /** Of each group. */
  readonly members: number;
  readonly groups?: number;
  readonly paceOf?: (time: Time) => Pace;
}

/** Of the account's burst, so that workers that are too fast have used it up within two seconds. */
const LEFT = 500;

/** The token bucket that all APIs of an account share. */
function accountBucket(time: Time) {
  let tokens = LEFT;
  let filledMs = time.clock();
  return (): boolean => {
    tokens = Math.min(ACCOUNT.burst, tokens + ((time.clock() - filledMs) * ACCOUNT.perSecond) / 1000);
    filledMs = time.clock();
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

/** Runs fan-outs to groups in which everybody is online, and other posts beside them. */
async function run({
  members,
  groups = 1,
  paceOf = (time) => createPace(WORKER_RATE, time.clock, time.pause),
}: Run) {
  const time = createVirtualTime();
  const take = accountBucket(time);
  const world = createWorld();
  let refused = 0;
  const took = new Set<string>();
  const jobs: FanOutJob[] = Array.from({ length: groups }, (_, group) => ({
    conversationId: `g:${group}`,
    memberCount: members,
    what: { frame: '{}' },
  }));
  const makeWorker = () => {
    const atOnce = pLimit(POSTS_AT_ONCE);
    const post = async (connectionId: string): Promise<PostOutcome> => {
      if (take()) took.add(connectionId);
      else refused += 1;
      await time.pause(POST_MS);
      return 'took';
    };
    return {
      ...world,
      clock: () => world.clock() + time.clock(),
      pace: paceOf(time),
      connections: { ...world.connections, post: (connectionId: string) => atOnce(() => post(connectionId)) },
      routes: {
        ...world.routes,
        sessionsOf: async (users: readonly string[]) => {
          await time.pause(5);
          return new Map(users.map((userId) => [userId, [aSession({ userId })]]));
        },
      },
      groups: {
        ...world.groups,
        members: async (id: string, { after = '-1' }: { after?: string }) => {
          const first = Number(after.split('/').at(-1)) + 1;
          const count = Math.min(5_000, members - first);
          const page = Array.from({ length: count }, (_, n) => ({
            userId: `${id}/${first + n}`,
            joinedSeq: 1,
          }));
          return { members: page, more: first + count < members };
        },
      },
      fanOutQueue: {
        enqueue: async (more: readonly FanOutJob[]) => void jobs.push(...more),
        watch: async () => {},
      },
    };
  };
  let running = 0;
  let isDone = false;
  const work = async () => {
    const ports = makeWorker();
    while (jobs.length > 0 || running > 0) {
      const job = jobs.shift();
      if (job === undefined) await time.pause(10);
      else {
        running += 1;
        await processFanOutJob(ports, job);
        running -= 1;
      }
    }
  };
  const post = async () => {
    while (!isDone) {
      for (let n = 0; n < OTHERS_PER_SECOND / 1000; n += 1) if (!take()) refused += 1;
      await time.pause(1);
    }
  };
  const workers = Promise.all(Array.from({ length: FAN_OUT_WORKERS }, work));
  void post();
  await time.until(workers);
  isDone = true;
  return { seconds: time.clock() / 1000, refused, took: took.size };
}

describe('the pace of a worker', () => {
  it('lets a burst pass at once, spreads posts beyond it, and saves up one burst at most', async () => {
    let nowMs = 10_000;
    const waits: number[] = [];
    const pause = async (milliseconds: number) => void waits.push(milliseconds);
    const pace = createPace({ perSecond: 100, burst: 10 }, () => nowMs, pause);
    await pace(10);
    expect(waits).toEqual([]);
    await pace(5);
    expect(waits).toEqual([50]);
    nowMs += 60_000;
    await pace(11);
    expect(waits).toEqual([50, 10]);
  });
});

describe('fan-outs to groups whose members are all online', () => {
  it.each([
    [1, 12_000],
    [4, 3_000],
  ])(
    'leave half of the account’s requests to others: %d of %d members (IM-FAULT-17)',
    async (groups, members) => {
      const { seconds, refused, took } = await run({ groups, members });
      expect([refused, took]).toEqual([0, groups * members]);
      expect(seconds).toBeLessThan((groups * members) / 5_000 + 2);
    },
  );

  it('would have posts refused, theirs and those of others, without the pace', async () => {
    const { refused } = await run({ members: 8_000, paceOf: () => async () => {} });
    expect(refused).toBeGreaterThan(2_000);
  });
});
