import { beforeEach, describe, expect, it } from 'vitest';
import { setReady } from '../../../lambdas/domain/desk/agent.ts';
import { checkAgent } from '../../../lambdas/domain/desk/agent-liveness.ts';
import { planAssignments } from '../../../lambdas/domain/desk/assignment.ts';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import { aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const QUEUE = 'default';
const AGENT = { roles: ['agent'] } as const;
const GRACE_MS = 120_000;
const caller = (userId: string) => ({ userId, deviceId: 'phone', connectionId: `${userId}-phone` });
const refused = (code: string) => expect.objectContaining({ code });

let world: World;
beforeEach(() => {
  world = createWorld();
});

async function open(customer: string) {
  await world.routes.connect(aSession({ userId: customer }));
  return openChat(world, caller(customer), {});
}
async function ready(userId: string, capacity = 1) {
  await world.routes.connect(aSession({ userId }));
  return setReady(world, caller(userId), AGENT, { queues: [QUEUE], capacity });
}
const match = (ports: Partial<World> = {}, order: { isRepeat?: boolean; isWatchdog?: boolean } = {}) =>
  matchQueue(
    { ...world, ...ports },
    { queue: QUEUE, moved: false, isRepeat: false, isWatchdog: false, ...order },
  );
const check = (ports: Partial<World> = {}) =>
  checkAgent({ ...world, ...ports }, { userId: 'ann', sinceMs: NOON });
const chatOf = async (id: string) => (await world.conversations.head(id)).chat;
/** The first write runs this instead, and fails as if another change had come first. */
function losingFirst(meanwhile: () => Promise<unknown>): Partial<World> {
  let isFirst = true;
  const apply: World['deskWriter']['apply'] = async (change) => {
    if (!isFirst) return world.deskWriter.apply(change);
    isFirst = false;
    await meanwhile();
    return false;
  };
  return { deskWriter: { ...world.deskWriter, apply } };
}
const statusOf = async (userId: string) => (await world.desk.agent(userId))?.status;

describe('a check of an agent', () => {
  it("trusts a recent poll of the agent's device (IM-POLL-2, IM-DESK-7)", async () => {
    await ready('ann');
    world.advance(GRACE_MS);
    const expiresAtMs = world.clock() + 1;
    await world.routes.connect(aSession({ userId: 'ann', mode: 'polling', expiresAtMs }));
    world.connections.outcomes.set('ann-phone', 'gone');
    await check();
    expect(await statusOf('ann')).toBe('ready');
  });

  it('ignores a session that is over (IM-DESK-7)', async () => {
    await ready('ann');
    world.advance(GRACE_MS);
    await world.routes.connect(aSession({ userId: 'ann', expiresAtMs: NOON }));
    await check();
    expect(await statusOf('ann')).toBe('offline');
  });

  it('returns all chats, however many, and triggers a match of their queues (IM-DESK-7)', async () => {
    const customers = Array.from({ length: 51 }, (_, n) => `user-${n}`);
    for (const customer of customers) await open(customer);
    await ready('ann', 51);
    await match();
    await world.routes.disconnect(caller('ann'));
    world.advance(GRACE_MS);
    world.deskEvents.events.length = 0;
    await check();
    expect(await world.desk.waiting(QUEUE, 99)).toHaveLength(51);
    const event = { kind: 'match', queue: QUEUE, moved: true };
    expect(world.deskEvents.events).toContainEqual({ event: { ...event, watchdog: true }, delaySeconds: 12 });
    expect(world.deskEvents.events).toContainEqual({ event: { ...event, watchdog: false }, delaySeconds: 0 });
  });

  it('leaves the remaining chats with an agent who comes back meanwhile (IM-DESK-7)', async () => {
    const ids = [(await open('bob')).conversationId, (await open('eve')).conversationId];
    await ready('ann', 2);
    await match();
    await world.routes.disconnect(caller('ann'));
    world.advance(GRACE_MS);
    await check(losingFirst(() => ready('ann', 2)));
    for (const id of ids)
      expect(await chatOf(id)).toMatchObject({ state: 'assigned', agent: { userId: 'ann' } });
  });

  it('returns a chat that got a message meanwhile, after that message (IM-DESK-7, IM-INV-3)', async () => {
    const { conversationId } = await open('bob');
    await ready('ann');
    await match();
    await world.routes.disconnect(caller('ann'));
    world.advance(GRACE_MS);
    await check(losingFirst(() => world.conversationWriter.nextSeq(conversationId, 'bob', 'c1')));
    expect(await world.conversations.head(conversationId)).toMatchObject({
      seq: 4,
      chat: { state: 'waiting', isBack: true },
    });
  });

  it('leaves a chat that a colleague has taken over (IM-DESK-7)', async () => {
    const { conversationId } = await open('bob');
    await ready('ann');
    await match();
    await ready('zoe');
    await world.routes.disconnect(caller('ann'));
    world.advance(GRACE_MS);
    const heads: World['conversations']['heads'] = async (ids) => {
      const found = await world.conversations.heads(ids);
      const head = found.get(conversationId);
      if (head?.chat === undefined) return found;
      return new Map([[conversationId, { ...head, chat: { ...head.chat, agent: { userId: 'zoe' } } }]]);
    };
    let writes = 0;
    const apply: World['deskWriter']['apply'] = async () => {
      writes += 1;
      return true;
    };
    let reads = 0;
    const chatIds: World['desk']['chatIds'] = async (...page) => {
      reads += 1;
      return reads > 1 ? [] : world.desk.chatIds(...page);
    };
    const ports = {
      ...world,
      conversations: { ...world.conversations, heads },
      desk: { ...world.desk, chatIds },
      deskWriter: { ...world.deskWriter, apply },
    };
    await checkAgent(ports, { userId: 'ann', sinceMs: NOON });
    expect(writes).toBe(0);
  });
});

describe('an assignment', () => {
  it('prefers the first by name among equal agents (IM-DESK-6)', () => {
    const agent = { capacity: 1, active: 0, lastAssignedAtMs: 0 };
    const agents = ['zoe', 'ann', 'lou'].map((userId) => ({ ...agent, userId }));
    const waiting = ['cs:1', 'cs:2', 'cs:3'].map((conversationId) => ({ conversationId, customer: 'bob' }));
    expect(planAssignments(waiting, agents, NOON).map(({ agentId }) => agentId)).toEqual([
      'ann',
      'lou',
      'zoe',
    ]);
  });
});

describe('a customer who opens a chat', () => {
  it('gets a new one when the old one closes while it is looked up (IM-DESK-1)', async () => {
    const old = await open('bob');
    await closeChat(world, caller('bob'), { conversationId: old.conversationId });
    world.advance(1);
    let looks = 0;
    const openChatOf: World['desk']['openChatOf'] = async (...of) => {
      looks += 1;
      return looks === 1 ? old.conversationId : world.desk.openChatOf(...of);
    };
    const chat = await openChat({ ...world, desk: { ...world.desk, openChatOf } }, caller('bob'), {});
    expect(chat.conversationId).not.toBe(old.conversationId);
    expect(chat.state).toBe('waiting');
  });
});

describe('a match', () => {
  it('tells customers who moved up their new position (IM-DESK-6)', async () => {
    await open('bob');
    world.advance(1);
    const { conversationId } = await open('eve');
    await ready('ann');
    world.connections.posts.length = 0;
    await match();
    const chat = expect.objectContaining({ conversationId, position: 1 });
    expect(world.connections.posts).toContainEqual({
      connectionId: 'eve-phone',
      frame: { type: 'desk.updated', chat },
    });
  });

  it('reads again when a waiting chat turns out to be assigned already (IM-DESK-6)', async () => {
    const { conversationId } = await open('bob');
    await ready('ann');
    let reads = 0;
    const heads: World['conversations']['heads'] = async (ids) => {
      const found = await world.conversations.heads(ids);
      const head = found.get(conversationId);
      reads += 1;
      if (reads > 1 || head?.chat === undefined) return found;
      return new Map([[conversationId, { ...head, chat: { ...head.chat, state: 'assigned' } }]]);
    };
    await match({ conversations: { ...world.conversations, heads } });
    expect(reads).toBe(2);
    expect(await chatOf(conversationId)).toMatchObject({ state: 'assigned', agent: { userId: 'ann' } });
  });

  it('reads the outbox only if a worker may have died (IM-DESK-6)', async () => {
    const pending = () => Promise.reject(new Error('read'));
    const outbox = { ...world.outbox, pending };
    await match({ outbox });
    await expect(match({ outbox }, { isRepeat: true })).rejects.toThrow('read');
    await expect(match({ outbox }, { isWatchdog: true })).rejects.toThrow('read');
  });

  it('keeps a sweep going only after a watchdog (IM-DESK-6)', async () => {
    await open('bob');
    world.deskEvents.events.length = 0;
    await match();
    expect(world.deskEvents.events).toEqual([]);
  });

  it('keeps a sweep going while a notification may be in progress (IM-DESK-6)', async () => {
    await open('bob');
    await ready('ann');
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('killed')) };
    await expect(match({ routes: broken })).rejects.toThrow('killed');
    world.deskEvents.events.length = 0;
    await match({}, { isWatchdog: true });
    expect(world.deskEvents.events.map(({ delaySeconds }) => delaySeconds)).toEqual([60]);
  });

  it('fails as unavailable after losing nine rounds to other workers (IM-DESK-6)', async () => {
    await open('bob');
    await ready('ann');
    let rounds = 0;
    const apply = async () => {
      rounds += 1;
      return false;
    };
    await expect(match({ deskWriter: { ...world.deskWriter, apply } })).rejects.toEqual(
      refused('unavailable'),
    );
    expect(rounds).toBe(9);
  });

  it('continues after rounds that it won in part, and hands over after fifty (IM-DESK-6)', async () => {
    await ready('ann', 50);
    await open('bob');
    let won = 0;
    const apply: World['deskWriter']['apply'] = async () => {
      won += 1;
      return true;
    };
    world.deskEvents.events.length = 0;
    await match({ deskWriter: { ...world.deskWriter, apply } });
    expect(won).toBe(50);
    expect(world.deskEvents.events.at(-1)).toEqual({
      event: { kind: 'match', queue: QUEUE, moved: false, watchdog: false },
      delaySeconds: 0,
    });
  });

  it('ends a round at the first chat that another worker has assigned (IM-DESK-6)', async () => {
    await open('bob');
    world.advance(1);
    const { conversationId } = await open('eve');
    await ready('ann', 2);
    let isFirst = true;
    const tried: string[] = [];
    const apply: World['deskWriter']['apply'] = async (change) => {
      tried.push(change.after.customer);
      if (!isFirst) return world.desk.apply(change);
      isFirst = false;
      return false;
    };
    await match({ deskWriter: { ...world.deskWriter, apply } });
    expect(tried).toEqual(['bob', 'bob', 'eve']);
    expect((await world.conversations.head(conversationId)).chat?.state).toBe('assigned');
  });
});

describe('a rating', () => {
  it('is stored in the same write as the close that carries it (IM-DESK-3)', async () => {
    const { conversationId } = await open('bob');
    const rate = () => Promise.reject(new Error('write'));
    const ports = { ...world, deskWriter: { ...world.deskWriter, rate } };
    expect(await closeChat(ports, caller('bob'), { conversationId, rating: 5 })).toMatchObject({ rating: 5 });
    expect(await closeChat(ports, caller('bob'), { conversationId, rating: 4 })).toMatchObject({ rating: 5 });
    expect(await closeChat(ports, caller('bob'), { conversationId })).toMatchObject({ rating: 5 });
  });
});
