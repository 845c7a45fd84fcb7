import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { setAway, setReady, transferChat } from '../../../lambdas/domain/desk/agent.ts';
import { checkAgent } from '../../../lambdas/domain/desk/agent-liveness.ts';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import { deskEventSchema } from '../../../lambdas/domain/model/desk-event.ts';
import { ImError } from '../../../lambdas/shared/errors.ts';
import { parseWith } from '../../../lambdas/shared/parse.ts';
import { aSession, callerOf, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const QUEUE = 'default';
const AGENT = { roles: ['agent'] } as const;

let world: World;
beforeEach(() => {
  world = createWorld();
});

const connect = (userId: string, w = world) =>
  w.routes.connect(aSession({ userId, connectedAtMs: NOON - 60_000 }));
const disconnect = (userId: string, w = world) => w.routes.disconnect(callerOf(userId), w.clock());
async function open(customer: string, w = world): Promise<string> {
  await connect(customer, w);
  return (await openChat(w, callerOf(customer), {})).conversationId;
}
async function ready(userId: string, capacity = 1, w = world) {
  await connect(userId, w);
  return setReady(w, callerOf(userId), AGENT, { queues: [QUEUE], capacity });
}
const match = (w = world) =>
  matchQueue(w, { queue: QUEUE, moved: false, isRepeat: false, isWatchdog: false });
const chatOf = async (id: string, w = world) => (await w.conversations.head(id)).chat;
const framesTo = (userId: string, type: string) =>
  world.connections.posts
    .filter(({ connectionId }) => connectionId === `${userId}-phone`)
    .map(({ frame }) => frame as { type: string })
    .filter((frame) => frame.type === type);

describe('matching', () => {
  let waits: number[] = [];
  beforeEach(() => {
    waits = [];
  });
  const watchdog = () =>
    matchQueue(
      { ...world, onWait: (_, waitMs) => waits.push(waitMs) },
      { queue: QUEUE, moved: false, isRepeat: false, isWatchdog: true },
    );

  it('enqueues a match after each change, and before it a watchdog job in case the function dies (IM-DESK-6)', async () => {
    await open('bob');
    expect(world.deskEvents.events).toEqual([
      { event: { kind: 'match', queue: QUEUE, moved: false, watchdog: true }, delaySeconds: 12 },
      { event: { kind: 'match', queue: QUEUE, moved: false, watchdog: false }, delaySeconds: 0 },
    ]);
  });

  it("sends a dead worker's pending notifications to customer and agent when its event comes again (IM-DESK-6, IM-FAULT-3)", async () => {
    const id = await open('bob');
    await ready('ann');
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('killed')) };
    await expect(match({ ...world, routes: broken })).rejects.toThrow('killed');
    expect(framesTo('ann', 'desk.assigned')).toEqual([]);
    await matchQueue(world, { queue: QUEUE, moved: false, isRepeat: true, isWatchdog: false });
    for (const user of ['ann', 'bob']) expect(framesTo(user, 'desk.assigned')).toHaveLength(1);
    expect(await world.outbox.pending(QUEUE)).toEqual([]);
    expect(await chatOf(id)).toMatchObject({ state: 'assigned', agent: { userId: 'ann' } });
  });

  it("sends a dead worker's pending notifications though that worker's clock was ahead (IM-DESK-6, IM-FAULT-12)", async () => {
    await open('bob');
    await ready('ann');
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('killed')) };
    const clock = () => world.clock() + 1_000;
    await expect(match({ ...world, clock, routes: broken })).rejects.toThrow('killed');
    await matchQueue(world, { queue: QUEUE, moved: false, isRepeat: true, isWatchdog: false });
    expect(framesTo('ann', 'desk.assigned')).toHaveLength(1);
  });

  it('continues when one assigned agent cannot be notified, and fails at the end (IM-DESK-6)', async () => {
    const [first, second] = [await open('bob'), await open('eve')];
    await ready('ann', 2);
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('busy')) };
    const apply: World['deskWriter']['apply'] = async (change) => {
      // Long enough for an unhandled rejection to end the process.
      await new Promise((resolve) => setImmediate(resolve));
      return world.deskWriter.apply(change);
    };
    await expect(
      match({ ...world, routes: broken, deskWriter: { ...world.deskWriter, apply } }),
    ).rejects.toThrow('busy');
    for (const id of [first, second]) expect(await chatOf(id)).toMatchObject({ state: 'assigned' });
  });

  it('sends overdue notifications in a watchdog job, but not those that may be in progress (IM-DESK-6, IM-FAULT-3)', async () => {
    await open('bob');
    await ready('ann');
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('killed')) };
    await expect(match({ ...world, routes: broken })).rejects.toThrow('killed');
    await watchdog();
    expect(framesTo('ann', 'desk.assigned')).toEqual([]);
    world.advance(5_000);
    await watchdog();
    expect(framesTo('ann', 'desk.assigned')).toHaveLength(1);
  });

  it('keeps one event in the queue while a customer waits, and logs for how long (IM-DESK-6)', async () => {
    await watchdog();
    expect(waits).toEqual([]);
    await open('bob');
    world.deskEvents.events.length = 0;
    world.advance(7_000);
    await watchdog();
    await watchdog();
    expect(waits).toEqual([7_000, 7_000]);
    expect(world.deskEvents.events.map(({ delaySeconds }) => delaySeconds)).toEqual([60]);
    world.advance(60_000);
    await watchdog();
    expect(world.deskEvents.events).toHaveLength(2);
  });
});

describe('the liveness check of an agent', () => {
  const check = (sinceMs = world.clock()) => checkAgent(world, { userId: 'ann', sinceMs });
  const checks = () => world.deskEvents.events.filter(({ event }) => event.kind === 'check-agent');
  beforeEach(async () => {
    await open('bob');
    await ready('ann');
    await match();
  });

  it('changes nothing while the agent is connected (IM-DESK-7)', async () => {
    await check();
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'ready', active: 1 });
    expect(checks()).toEqual([]);
  });

  it('checks an absent agent again after the grace period, and then returns the chats (IM-DESK-7)', async () => {
    await disconnect('ann');
    const left = world.clock();
    await check();
    expect(checks()).toEqual([
      { event: { kind: 'check-agent', userId: 'ann', sinceMs: left }, delaySeconds: 120 },
    ]);
    world.advance(120_000);
    await check(left);
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'offline', active: 0 });
    expect(await world.desk.waiting(QUEUE, 9)).toHaveLength(1);
  });

  it('starts the grace period again from the last session (IM-DESK-7)', async () => {
    await disconnect('ann');
    const left = world.clock();
    world.advance(60_000);
    await connect('ann');
    await disconnect('ann');
    world.advance(60_000);
    await check(left);
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'ready', active: 1 });
    expect(checks().map(({ delaySeconds }) => delaySeconds)).toEqual([60]);
  });

  it('does not trust a route whose socket is closed (IM-DESK-7)', async () => {
    world.connections.outcomes.set('ann-phone', 'gone');
    world.advance(120_000);
    await check(NOON);
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'offline' });
  });

  it('checks again after 5 s when a socket is opening or in an unknown state (IM-DESK-7)', async () => {
    world.connections.outcomes.set('ann-phone', 'unsure');
    world.advance(120_000);
    await check(NOON);
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'ready' });
    expect(checks().map(({ delaySeconds }) => delaySeconds)).toEqual([5]);
    world.connections.outcomes.set('ann-phone', 'gone');
    await world.routes.connect(aSession({ userId: 'ann', connectedAtMs: world.clock() - 100 }));
    await check(NOON);
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'ready' });
    expect(checks()).toHaveLength(2);
  });

  it('leaves the remaining chats to an agent who returns before all are taken (IM-DESK-7)', async () => {
    await setReady(world, callerOf('ann'), AGENT, { queues: [QUEUE], capacity: 2 });
    await open('eve');
    await match();
    await disconnect('ann');
    world.advance(120_000);
    const apply: World['deskWriter']['apply'] = async (change) => {
      const isDone = await world.desk.apply(change);
      if (change.message.contentJson.includes('requeued')) await ready('ann', 2);
      return isDone;
    };
    await checkAgent(
      { ...world, deskWriter: { ...world.deskWriter, apply } },
      { userId: 'ann', sinceMs: NOON },
    );
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'ready', active: 1 });
    expect(await world.desk.waiting(QUEUE, 9)).toHaveLength(1);
  });

  it('gives way to a frame that the agent sends in the meantime (IM-DESK-7)', async () => {
    await disconnect('ann');
    world.advance(120_000);
    const presencesOf: World['routes']['presencesOf'] = async (userIds) => {
      const presences = await world.routes.presencesOf(userIds);
      await ready('ann', 5);
      return presences;
    };
    await checkAgent(
      { ...world, routes: { ...world.routes, presencesOf } },
      { userId: 'ann', sinceMs: NOON },
    );
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'ready', capacity: 5, active: 1 });
  });
});

describe('the desk as a whole', () => {
  const customers = ['bob', 'eve', 'dan', 'kim'];
  const agents = ['ann', 'zoe', 'lou'];
  type Step = (w: World) => Promise<unknown>;
  const someChat = async (w: World, n: number, of: string) => {
    const list = { of: of === '' ? { queue: QUEUE } : { agent: of }, part: 'open' } as const;
    const ids = await w.desk.chatIds(list, { limit: 99 });
    return ids[n % Math.max(1, ids.length)] ?? 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
  };
  const index = fc.nat(9);
  const customer = fc.constantFrom(...customers);
  const agent = fc.constantFrom(...agents);
  const step: fc.Arbitrary<Step> = fc.oneof(
    customer.map(
      (one): Step =>
        (w) =>
          open(one, w),
    ),
    fc.tuple(agent, fc.integer({ min: 1, max: 3 })).map(
      ([one, n]): Step =>
        (w) =>
          ready(one, n, w),
    ),
    agent.map(
      (one): Step =>
        async (w) => {
          await connect(one, w);
          return setAway(w, callerOf(one), AGENT);
        },
    ),
    fc.constant<Step>((w) => match(w)),
    fc.tuple(fc.constantFrom(...customers, ...agents), index).map(
      ([one, n]): Step =>
        async (w) => {
          const conversationId = await someChat(w, n, agents.includes(one) ? one : '');
          return closeChat(w, callerOf(one), { conversationId });
        },
    ),
    fc.tuple(agent, index, fc.constantFrom('queue', ...agents)).map(
      ([one, n, to]): Step =>
        async (w) => {
          const conversationId = await someChat(w, n, one);
          return transferChat(w, callerOf(one), AGENT, { conversationId, to });
        },
    ),
    agent.map(
      (one): Step =>
        async (w) => {
          await disconnect(one, w);
          w.advance(120_000);
          return checkAgent(w, { userId: one, sinceMs: w.clock() - 120_000 });
        },
    ),
  );

  async function check(w: World): Promise<void> {
    const ids = [
      ...(await w.desk.chatIds({ of: { queue: QUEUE }, part: 'open' }, { limit: 999 })),
      ...(await w.desk.chatIds({ of: { queue: QUEUE }, part: 'closed' }, { limit: 999 })),
    ];
    const chats = [...(await w.conversations.heads(ids)).values()].flatMap(({ chat }) => chat ?? []);
    const waiting = (await w.desk.waiting(QUEUE, 999)).map(({ conversationId }) => conversationId);
    for (const { conversationId, state } of chats) {
      expect(waiting.includes(conversationId)).toBe(state === 'waiting');
    }
    for (const userId of agents) {
      const has = chats.filter((chat) => chat.state === 'assigned' && chat.agent?.userId === userId);
      const known = await w.desk.agent(userId);
      expect(known?.active ?? 0).toBe(has.length);
      if (known?.status === 'offline') expect(has).toEqual([]);
    }
  }

  it('has every chat in one place, counts correctly, and lets no customer wait while an agent is free (IM-DESK-6)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const w = createWorld();
        for (const run of steps) {
          w.advance(1_000);
          await run(w).catch((error: unknown) => {
            // Refusals are expected here.
            if (!(error instanceof ImError) || error.code === 'unavailable') throw error;
          });
          await check(w);
        }
        await match(w);
        await check(w);
        const free = (await w.desk.readyAgents([QUEUE])).some(({ active, capacity }) => active < capacity);
        if (free) expect(await w.desk.waiting(QUEUE, 9)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a desk event', () => {
  it.each([
    [
      { kind: 'match', queue: QUEUE, moved: true, guard: true },
      { kind: 'match', queue: QUEUE, moved: true, watchdog: true },
    ],
    [
      { kind: 'look', userId: 'ann', sinceMs: 1 },
      { kind: 'check-agent', userId: 'ann', sinceMs: 1 },
    ],
  ])('is understood when an earlier version enqueued it: %j', (before, now) => {
    expect(parseWith(deskEventSchema, before)).toEqual(now);
    expect(parseWith(deskEventSchema, now)).toEqual(now);
  });
});
