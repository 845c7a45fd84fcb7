import { beforeEach, describe, expect, it } from 'vitest';
import { setReady, transferChat } from '../../../lambdas/domain/desk/agent.ts';
import { checkAgent } from '../../../lambdas/domain/desk/agent-liveness.ts';
import { planAssignments } from '../../../lambdas/domain/desk/assignment.ts';
import { changeChat } from '../../../lambdas/domain/desk/change.ts';
import { assign, close, requeue, transfer } from '../../../lambdas/domain/desk/chat-state.ts';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { enterChat } from '../../../lambdas/domain/desk/enter-chat.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import type { Chat } from '../../../lambdas/domain/model/chat.ts';
import { aSession, callerOf, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const QUEUE = 'default';
const AGENT = { roles: ['agent'] } as const;
const GRACE_MS = 120_000;
const refused = (code: string) => expect.objectContaining({ code });

let world: World;
beforeEach(() => {
  world = createWorld();
});

async function open(customer: string, queue = QUEUE) {
  await world.routes.connect(aSession({ userId: customer }));
  return openChat(world, callerOf(customer), { queue });
}
async function ready(userId: string, capacity = 1) {
  await world.routes.connect(aSession({ userId }));
  return setReady(world, callerOf(userId), AGENT, { queues: [QUEUE], capacity });
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
/** An assigned chat of bob and ann. */
async function assigned() {
  const { conversationId } = await open('bob');
  await ready('ann');
  await match();
  world.connections.posts.length = 0;
  world.deskEvents.events.length = 0;
  return conversationId;
}
/** The type of each frame to a connection, the chat's state in it, and its position. */
const framesTo = (connectionId: string) =>
  world.connections.posts
    .filter((post) => post.connectionId === connectionId)
    .map(({ frame }) => frame as { type: string; chat?: { state: string; position?: number } })
    .map(({ type, chat }) => [
      type,
      ...(chat ? [chat.state] : []),
      ...(chat?.position ? [chat.position] : []),
    ]);
const checks = () => world.deskEvents.events.filter(({ event }) => event.kind === 'check-agent');
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
    await world.routes.disconnect(callerOf('ann'));
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
    await world.routes.disconnect(callerOf('ann'));
    world.advance(GRACE_MS);
    await check(losingFirst(() => ready('ann', 2)));
    for (const id of ids)
      expect(await chatOf(id)).toMatchObject({ state: 'assigned', agent: { userId: 'ann' } });
  });

  it('returns a chat that got a message meanwhile, after that message (IM-DESK-7, IM-INV-3)', async () => {
    const { conversationId } = await open('bob');
    await ready('ann');
    await match();
    await world.routes.disconnect(callerOf('ann'));
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
    await world.routes.disconnect(callerOf('ann'));
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

  it('does nothing for a user who is not an agent (IM-DESK-7)', async () => {
    await check();
    expect(world.deskEvents.events).toEqual([]);
  });

  it('is repeated after 15 minutes at most, the longest delay of the queue, in whole seconds (IM-DESK-7)', async () => {
    await ready('ann');
    await world.routes.disconnect(callerOf('ann'));
    const checkWithin = (agentGraceMs: number) =>
      checkAgent({ ...world, agentGraceMs }, { userId: 'ann', sinceMs: NOON });
    world.deskEvents.events.length = 0;
    for (const graceMs of [900_001, 899_001, 1]) await checkWithin(graceMs);
    expect(checks().map(({ delaySeconds }) => delaySeconds)).toEqual([900, 900, 1]);
    expect(await statusOf('ann')).toBe('ready');
  });

  it('finds one socket that is open among others that are closed or unsure (IM-DESK-7)', async () => {
    await ready('ann');
    for (const deviceId of ['desk', 'tablet'])
      await world.routes.connect(aSession({ userId: 'ann', deviceId }));
    world.connections.outcomes.set('ann-phone', 'unsure').set('ann-desk', 'gone');
    world.advance(GRACE_MS);
    world.deskEvents.events.length = 0;
    await check();
    expect([await statusOf('ann'), checks()]).toEqual(['ready', []]);
    world.connections.outcomes.set('ann-tablet', 'gone');
    await check();
    expect([await statusOf('ann'), checks().length]).toEqual(['ready', 1]);
  });

  it('reads no chats if the agent changes status meanwhile (IM-DESK-7)', async () => {
    await assigned();
    await world.routes.disconnect(callerOf('ann'));
    world.advance(GRACE_MS);
    const setAgent = async () => false;
    const chatIds = () => Promise.reject(new Error('called'));
    await check({
      desk: { ...world.desk, chatIds },
      deskWriter: { ...world.deskWriter, setAgent },
    });
  });

  it('returns the chats of an agent who is offline already, without a new grace period (IM-DESK-7)', async () => {
    const id = await assigned();
    const before = await world.desk.agent('ann');
    const change = { userId: 'ann', status: 'offline', queues: [QUEUE], capacity: 1, before } as const;
    await world.deskWriter.setAgent(change);
    await check();
    expect(await chatOf(id)).toMatchObject({ state: 'waiting', isBack: true });
    expect(checks()).toEqual([]);
  });

  it('reads the agent once and the heads at once, and has each queue of the chats matched once (IM-DESK-6, IM-DESK-7)', async () => {
    for (const customer of ['bob', 'eve']) await open(customer);
    await open('dan', 'boats');
    await world.routes.connect(aSession({ userId: 'ann' }));
    await setReady(world, callerOf('ann'), AGENT, { queues: [QUEUE, 'boats'], capacity: 3 });
    for (const queue of [QUEUE, 'boats'])
      await matchQueue(world, { queue, moved: false, isRepeat: false, isWatchdog: false });
    await world.routes.disconnect(callerOf('ann'));
    world.advance(GRACE_MS);
    world.deskEvents.events.length = 0;
    const pages: unknown[] = [];
    const chatIds: World['desk']['chatIds'] = (list, page) => {
      pages.push(page);
      return world.desk.chatIds(list, page);
    };
    const head = () => Promise.reject(new Error('called'));
    let agentReads = 0;
    const agent: World['desk']['agent'] = (userId) => {
      agentReads += 1;
      return world.desk.agent(userId);
    };
    await check({
      desk: { ...world.desk, chatIds, agent },
      conversations: { ...world.conversations, head },
    });
    expect(pages).toEqual([{ limit: 50 }, { limit: 50 }]);
    expect(agentReads).toBe(1);
    const matches = world.deskEvents.events.flatMap(({ event }) => (event.kind === 'match' ? [event] : []));
    const ofBoth = (watchdog: boolean) =>
      [QUEUE, 'boats'].map((queue) => ({ kind: 'match', queue, moved: true, watchdog }));
    expect(matches.filter(({ watchdog }) => watchdog)).toHaveLength(2);
    expect(matches).toEqual(expect.arrayContaining([...ofBoth(true), ...ofBoth(false)]));
    expect(matches).toHaveLength(4);
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

describe('a transition', () => {
  const waiting: Chat = {
    conversationId: 'cs:1',
    queue: QUEUE,
    state: 'waiting',
    customer: 'bob',
    openedAtMs: NOON,
  };
  const taken: Chat = { ...waiting, state: 'assigned', agent: { userId: 'ann' }, assignedAtMs: NOON };
  const closed: Chat = { ...taken, state: 'closed', closedAtMs: NOON };
  const zoe = { userId: 'zoe' };

  it('is possible from the states that allow it, and from no other (IM-DESK-3, IM-DESK-5, IM-DESK-6)', () => {
    const states = [waiting, taken, closed];
    const to = (decide: (chat: Chat) => { after: Chat } | undefined) =>
      states.map((chat) => decide(chat)?.after.state);
    expect(to((chat) => assign(chat, zoe, NOON, 'im:desk'))).toEqual(['assigned', undefined, undefined]);
    expect(to((chat) => transfer(chat, zoe, NOON, 'ann'))).toEqual([undefined, 'assigned', undefined]);
    expect(to((chat) => requeue(chat, 'ann'))).toEqual([undefined, 'waiting', undefined]);
    expect(to((chat) => close(chat, 'bob', NOON))).toEqual(['closed', 'closed', undefined]);
  });

  it('back to the queue names the agent who had the chat, and leaves no trace of the assignment (IM-DESK-5)', () => {
    expect(requeue(taken, 'im:desk')).toEqual({
      after: { ...waiting, isBack: true },
      content: { event: 'requeued', users: ['ann'], by: 'im:desk' },
    });
    const { agent: _, ...nobodys } = taken;
    expect(requeue(nobodys, 'im:desk')?.content.users).toEqual([]);
  });

  it('needs a support chat, of which the caller is a member (IM-SEND-7)', async () => {
    await world.routes.connect(aSession({ userId: 'bob' }));
    await expect(enterChat(world, callerOf('bob'), 'dm:ann:bob')).rejects.toEqual(refused('not_found'));
    const changed = changeChat(world, 'dm:ann:bob', () => undefined);
    await expect(changed).rejects.toEqual(refused('not_found'));
  });

  it('is given up as unavailable after eight attempts, each on the head as it is then', async () => {
    const id = await assigned();
    let reads = 0;
    const head: World['conversations']['head'] = (of) => {
      reads += 1;
      return world.conversations.head(of);
    };
    const ports = {
      ...world,
      conversations: { ...world.conversations, head },
      deskWriter: { ...world.deskWriter, apply: async () => false },
    };
    const changed = changeChat(ports, id, (chat) => close(chat, 'bob', NOON));
    await expect(changed).rejects.toEqual(refused('unavailable'));
    expect(reads).toBe(8);
  });
});

describe('a customer who opens a chat', () => {
  it('finds no queue in a deployment without one (IM-DESK-1)', async () => {
    await world.routes.connect(aSession());
    const opened = openChat({ ...world, queues: [] }, callerOf('bob'), {});
    await expect(opened).rejects.toEqual(refused('not_found'));
  });

  it('is told of it by a push on the other devices, and by the reply on this one (IM-DESK-1)', async () => {
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    await open('bob');
    expect(framesTo('bob-tablet')).toEqual([['messages'], ['desk.updated', 'waiting', 1]]);
    expect(framesTo('bob-phone')).toEqual([['messages']]);
    expect(world.offlineQueue.jobs).toEqual([]);
  });

  it('is refused as unavailable while the chat that is found has no head (IM-DESK-1)', async () => {
    const { conversationId } = await open('bob');
    const head = async () => ({ seq: 0, atMs: 0 });
    const openChatOf = async () => conversationId;
    const ports = {
      ...world,
      conversations: { ...world.conversations, head },
      desk: { ...world.desk, openChatOf },
    };
    await expect(openChat(ports, callerOf('bob'), {})).rejects.toEqual(refused('unavailable'));
  });

  it('gets a new one when the old one closes while it is looked up (IM-DESK-1)', async () => {
    const old = await open('bob');
    await closeChat(world, callerOf('bob'), { conversationId: old.conversationId });
    world.advance(1);
    let looks = 0;
    const openChatOf: World['desk']['openChatOf'] = async (...of) => {
      looks += 1;
      return looks === 1 ? old.conversationId : world.desk.openChatOf(...of);
    };
    const chat = await openChat({ ...world, desk: { ...world.desk, openChatOf } }, callerOf('bob'), {});
    expect(chat.conversationId).not.toBe(old.conversationId);
    expect(chat.state).toBe('waiting');
  });
});

/** A waiting chat of bob, and ann free. */
async function assignable() {
  const { conversationId } = await open('bob');
  await ready('ann');
  world.connections.posts.length = 0;
  return conversationId;
}

describe('a match', () => {
  it('pushes the new position to customers who moved up (IM-DESK-6)', async () => {
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
    // The positions may have moved.
    expect(framesTo('bob-phone').at(-1)).toEqual(['desk.updated', 'waiting', 1]);
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

  it('reads again when a waiting chat has no head any more (IM-DESK-6)', async () => {
    const id = await assignable();
    let reads = 0;
    const heads: World['conversations']['heads'] = async (ids) => {
      reads += 1;
      return reads === 1 ? new Map() : world.conversations.heads(ids);
    };
    await match({ conversations: { ...world.conversations, heads } });
    expect(reads).toBe(2);
    expect((await chatOf(id))?.state).toBe('assigned');
  });

  it('pushes no positions if nobody waits, or if a chat has just been assigned (IM-DESK-6)', async () => {
    const called = () => Promise.reject(new Error('called'));
    const routes = { ...world.routes, sessionsOf: called };
    const moved = { queue: QUEUE, moved: true, isRepeat: false, isWatchdog: false };
    await matchQueue({ ...world, routes }, moved);
    await open('bob');
    world.advance(1);
    const { conversationId } = await open('eve');
    world.connections.posts.length = 0;
    const taken = async (ids: readonly string[]) => {
      const found = new Map(await world.conversations.heads(ids));
      const head = found.get(conversationId);
      if (head?.chat) found.set(conversationId, { ...head, chat: { ...head.chat, state: 'assigned' } });
      return found;
    };
    const gone = async (ids: readonly string[]) =>
      world.conversations.heads(ids.filter((id) => id !== conversationId));
    for (const heads of [taken, gone]) {
      world.connections.posts.length = 0;
      await matchQueue({ ...world, conversations: { ...world.conversations, heads } }, moved);
      expect(framesTo('bob-phone')).toEqual([['desk.updated', 'waiting', 1]]);
      expect(framesTo('eve-phone')).toEqual([]);
    }
  });

  it('sweeps the queue again after a minute, less the 5 s by which an event may be early (IM-DESK-6)', async () => {
    await open('bob');
    const sweeps = async () => {
      world.deskEvents.events.length = 0;
      await match({}, { isWatchdog: true });
      return world.deskEvents.events;
    };
    const event = { kind: 'match', queue: QUEUE, moved: false, watchdog: true };
    expect(await sweeps()).toEqual([{ event, delaySeconds: 60 }]);
    world.advance(54_999);
    expect(await sweeps()).toEqual([]);
    world.advance(1);
    expect(await sweeps()).toEqual([{ event, delaySeconds: 60 }]);
  });

  it('takes a pending notification from the outbox, and sends it only if its chat has a head (IM-DESK-6)', async () => {
    const id = await assignable();
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('killed')) };
    await expect(match({ routes: broken })).rejects.toThrow('killed');
    const head: World['conversations']['head'] = async (of) => {
      const { chat: _, ...rest } = await world.conversations.head(of);
      return rest;
    };
    await match({ conversations: { ...world.conversations, head } }, { isRepeat: true });
    expect([framesTo('bob-phone'), await world.outbox.pending(QUEUE)]).toEqual([[], []]);
    expect((await chatOf(id))?.state).toBe('assigned');
  });
});

describe('a notification', () => {
  it('reads the sessions of customer and agent, and of nobody else', async () => {
    await assignable();
    const asked: unknown[] = [];
    const sessionsOf: World['routes']['sessionsOf'] = (userIds) => {
      asked.push(userIds);
      return world.routes.sessionsOf(userIds);
    };
    await match({ routes: { ...world.routes, sessionsOf } });
    expect(asked).toStrictEqual([['bob', 'ann']]);
  });

  it('of a transfer pushes assigned to customer and new agent, and updated to the former one (IM-DESK-5)', async () => {
    const id = await assigned();
    await ready('zoe');
    await world.routes.connect(aSession({ userId: 'ann', deviceId: 'tablet' }));
    world.connections.posts.length = 0;
    await transferChat(world, callerOf('ann'), AGENT, { conversationId: id, to: 'zoe' });
    expect(framesTo('bob-phone')).toEqual([['messages'], ['desk.assigned', 'assigned']]);
    expect(framesTo('zoe-phone')).toEqual([['messages'], ['desk.assigned', 'assigned'], ['desk.agent']]);
    expect(framesTo('ann-tablet')).toEqual([['messages'], ['desk.updated', 'assigned'], ['desk.agent']]);
    expect(framesTo('ann-phone')).toEqual([['messages'], ['desk.agent']]);
  });

  it('of a close pushes updated to everyone, and only the message to the session that gets the reply (IM-DESK-3)', async () => {
    const id = await assigned();
    for (const userId of ['ann', 'bob']) await world.routes.connect(aSession({ userId, deviceId: 'tablet' }));
    await closeChat(world, callerOf('ann'), { conversationId: id });
    for (const one of ['bob-tablet', 'bob-phone'])
      expect(framesTo(one)).toEqual([['messages'], ['desk.updated', 'closed']]);
    expect(framesTo('ann-tablet')).toEqual([['messages'], ['desk.updated', 'closed'], ['desk.agent']]);
    expect(framesTo('ann-phone')).toEqual([['messages'], ['desk.agent']]);
    expect(checks()).toEqual([]);
  });

  it('of a return to the queue pushes updated to the customer, with the position (IM-DESK-5)', async () => {
    const id = await assigned();
    await world.routes.connect(aSession({ userId: 'ann', deviceId: 'tablet' }));
    await transferChat(world, callerOf('ann'), AGENT, { conversationId: id, to: 'queue' });
    expect(framesTo('bob-phone')).toEqual([['messages'], ['desk.updated', 'waiting', 1]]);
    expect(framesTo('ann-tablet')).toEqual([['messages'], ['desk.updated', 'waiting', 1], ['desk.agent']]);
  });

  it('waits in the inbox of the other member who has no session, and not in that of its author (IM-PUSH-2)', async () => {
    const id = await assigned();
    world.connections.outcomes.set('bob-phone', 'gone').set('ann-phone', 'gone');
    world.offlineQueue.jobs.length = 0;
    await closeChat(world, callerOf('ann'), { conversationId: id });
    expect(world.offlineQueue.jobs.map(({ job }) => job.userId)).toEqual(['bob']);
    expect(checks()).toEqual([]);
  });

  it('requests an agent check if no session of the agent took it and another user caused it (IM-DESK-7)', async () => {
    const id = await assigned();
    world.connections.outcomes.set('ann-phone', 'gone');
    await closeChat(world, callerOf('bob'), { conversationId: id });
    expect(checks()).toEqual([
      { event: { kind: 'check-agent', userId: 'ann', sinceMs: NOON }, delaySeconds: 0 },
    ]);
  });

  it('reads no position of a chat that does not wait, and nothing where nobody is connected', async () => {
    const id = await assigned();
    await ready('zoe');
    const positionOf = () => Promise.reject(new Error('called'));
    const ports = { ...world, desk: { ...world.desk, positionOf } };
    const transferred = await transferChat(ports, callerOf('ann'), AGENT, { conversationId: id, to: 'zoe' });
    expect(transferred).not.toHaveProperty('position');
    expect((await openChat(ports, callerOf('bob'), {})).state).toBe('assigned');
    for (const userId of ['ann', 'bob', 'zoe']) await world.routes.disconnect(callerOf(userId));
    await changeChat(ports, id, (chat) => requeue(chat, 'im:desk'));
    expect((await chatOf(id))?.state).toBe('waiting');
  });
});

describe('a rating', () => {
  it('of a chat that never had an agent is pushed to the other devices of the customer (IM-DESK-3)', async () => {
    const { conversationId } = await open('bob');
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    await closeChat(world, callerOf('bob'), { conversationId });
    world.connections.posts.length = 0;
    const asked: unknown[] = [];
    const sessionsOf: World['routes']['sessionsOf'] = (userIds) => {
      asked.push(userIds);
      return world.routes.sessionsOf(userIds);
    };
    const ports = { ...world, routes: { ...world.routes, sessionsOf } };
    expect(await closeChat(ports, callerOf('bob'), { conversationId, rating: 4 })).toMatchObject({
      rating: 4,
    });
    expect(asked).toEqual([['bob']]);
    expect(world.connections.posts.map(({ connectionId }) => connectionId)).toEqual(['bob-tablet']);
  });

  it('needs no write or read if there is none (IM-DESK-3)', async () => {
    const { conversationId } = await open('bob');
    const rate = () => Promise.reject(new Error('write'));
    const ports = { ...world, deskWriter: { ...world.deskWriter, rate } };
    for (const _ of ['first', 'again']) {
      expect(await closeChat(ports, callerOf('bob'), { conversationId })).not.toHaveProperty('rating');
    }
  });

  it('is stored in the same write as the close that carries it (IM-DESK-3)', async () => {
    const { conversationId } = await open('bob');
    const rate = () => Promise.reject(new Error('write'));
    const ports = { ...world, deskWriter: { ...world.deskWriter, rate } };
    expect(await closeChat(ports, callerOf('bob'), { conversationId, rating: 5 })).toMatchObject({
      rating: 5,
    });
    expect(await closeChat(ports, callerOf('bob'), { conversationId, rating: 4 })).toMatchObject({
      rating: 5,
    });
    expect(await closeChat(ports, callerOf('bob'), { conversationId })).toMatchObject({ rating: 5 });
  });
});
