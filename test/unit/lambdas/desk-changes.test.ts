import { beforeEach, describe, expect, it } from 'vitest';
import { setAway, setReady, transferChat } from '../../../lambdas/domain/desk/agent.ts';
import { checkAgent } from '../../../lambdas/domain/desk/agent-liveness.ts';
import { pushAgent } from '../../../lambdas/domain/desk/agent-state.ts';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import { listAgents, listChats, listQueues, showMe } from '../../../lambdas/domain/desk/views.ts';
import { encodeCursor } from '../../../lambdas/shared/cursor.ts';
import { ImError } from '../../../lambdas/shared/errors.ts';
import type { DeskAgent } from '../../../protocol/desk.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { aSession, callerOf, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const QUEUE = 'default';
const AGENT = { roles: ['agent'] } as const;
const SUPERVISOR = { roles: ['supervisor'] } as const;

let world: World;
beforeEach(() => {
  world = createWorld();
});

const connect = (userId: string) => world.routes.connect(aSession({ userId }));
async function open(customer: string, request: Parameters<typeof openChat>[2] = {}) {
  await connect(customer);
  return openChat(world, callerOf(customer), request);
}
async function ready(userId: string, capacity = 1, queues = [QUEUE], name?: string) {
  await connect(userId);
  return setReady(world, callerOf(userId), { ...AGENT, name }, { queues, capacity });
}
const match = (queue = QUEUE, moved = false) =>
  matchQueue(world, { queue, moved, isRepeat: false, isWatchdog: false });
const transfer = (agent: string, conversationId: string, to: string) =>
  transferChat(world, callerOf(agent), AGENT, { conversationId, to });
const close = (userId: string, conversationId: string, rating?: number) =>
  closeChat(world, callerOf(userId), { conversationId, rating });
const matches = () => world.deskEvents.events.flatMap(({ event }) => (event.kind === 'match' ? [event] : []));
const framesTo = (userId: string) =>
  world.connections.posts
    .filter(({ connectionId }) => connectionId === `${userId}-phone`)
    .map(({ frame }) => frame as { type: string; chat?: object });
const refused = (code: string) => expect.objectContaining({ code });
/** An assigned chat of bob and ann. */
async function assigned() {
  const { conversationId } = await open('bob', { topic: 'sails' });
  await ready('ann', 1, [QUEUE], 'Ann');
  await match();
  world.deskEvents.events.length = 0;
  world.connections.posts.length = 0;
  return conversationId;
}

describe('a rematch', () => {
  it('reports no moved position when an agent becomes ready or a chat opens (IM-DESK-6)', async () => {
    await open('bob');
    await ready('ann', 1, ['default', 'boats']);
    expect(matches().map(({ queue, moved }) => [queue, moved])).toEqual([
      ['default', false],
      ['default', false],
      ['default', false],
      ['boats', false],
      ['default', false],
      ['boats', false],
    ]);
  });

  it('reports moved positions when a chat returns to the queue or closes (IM-DESK-6)', async () => {
    const id = await assigned();
    await transfer('ann', id, 'queue');
    await close('bob', id);
    const event = { kind: 'match', queue: QUEUE, moved: true };
    const both = [
      { ...event, watchdog: true },
      { ...event, watchdog: false },
    ];
    expect(matches()).toEqual([...both, ...both]);
  });

  it('is not triggered by a repeated close (IM-DESK-3)', async () => {
    const id = await assigned();
    await close('bob', id);
    world.deskEvents.events.length = 0;
    expect(await close('bob', id)).toMatchObject({ state: 'closed' });
    expect(matches()).toEqual([]);
  });

  it('pushes positions only when they moved', async () => {
    const { conversationId } = await open('bob');
    world.advance(1);
    await open('eve');
    world.connections.posts.length = 0;
    await match();
    expect(world.connections.posts).toEqual([]);
    await match(QUEUE, true);
    expect(framesTo('bob')).toMatchObject([{ type: 'desk.updated', chat: { conversationId, position: 1 } }]);
    expect(framesTo('eve')).toMatchObject([{ type: 'desk.updated', chat: { position: 2 } }]);
  });
});

describe('an agent', () => {
  it('becomes ready for each queue once, with load and capacity (IM-DESK-4)', async () => {
    expect(await ready('ann', 3, ['boats', 'boats'])).toEqual({
      userId: 'ann',
      status: 'ready',
      queues: ['boats'],
      capacity: 3,
      active: 0,
      version: 1,
    });
  });

  it('keeps queues, capacity, and load while away (IM-DESK-4)', async () => {
    await assigned();
    expect(await setAway(world, callerOf('ann'), AGENT)).toEqual({
      userId: 'ann',
      status: 'away',
      queues: [QUEUE],
      capacity: 1,
      active: 1,
      version: 3,
      name: 'Ann',
    });
  });

  it('is away with no queue if never ready before (IM-DESK-4)', async () => {
    await connect('ann');
    expect(await setAway(world, callerOf('ann'), AGENT)).toEqual({
      userId: 'ann',
      status: 'away',
      queues: [],
      capacity: 0,
      active: 0,
      version: 1,
    });
  });

  it('needs the role, a live session, and queues that exist (IM-ROLE, IM-DESK-4)', async () => {
    const request = { queues: [QUEUE], capacity: 1 };
    await expect(setReady(world, callerOf('ann'), AGENT, request)).rejects.toThrow(ImError);
    await expect(setAway(world, callerOf('ann'), AGENT)).rejects.toThrow(ImError);
    await connect('ann');
    await expect(setReady(world, callerOf('ann'), SUPERVISOR, request)).rejects.toEqual(refused('forbidden'));
    await expect(setAway(world, callerOf('ann'), { roles: [] })).rejects.toEqual(refused('forbidden'));
    await expect(ready('ann', 1, [QUEUE, 'other'])).rejects.toEqual(refused('not_found'));
    expect(await world.desk.agent('ann')).toBeUndefined();
  });

  it('retries a change of status five times before it fails as unavailable', async () => {
    await connect('ann');
    let attempts = 0;
    const setAgent = async () => {
      attempts += 1;
      return false;
    };
    const ports = { ...world, deskWriter: { ...world.deskWriter, setAgent } };
    await expect(setAway(ports, callerOf('ann'), AGENT)).rejects.toEqual(refused('unavailable'));
    expect(attempts).toBe(5);
  });
});

describe("an agent's state", () => {
  const TABLET = 'ann-tablet';
  beforeEach(() => world.routes.connect(aSession({ userId: 'ann', deviceId: 'tablet' })));
  /** Status, load, and version, as pushed to the agent's other device. */
  const pushed = (connectionId = TABLET) =>
    world.connections.posts.flatMap(({ connectionId: to, frame }) => {
      const { agent } = frame as { agent?: DeskAgent };
      return to !== connectionId || agent === undefined ? [] : [[agent.status, agent.active, agent.version]];
    });
  const pushAgain = () => pushAgent(world, 'ann');

  it("is pushed to all of the agent's sessions after every change, with a version that grows (IM-DESK-8)", async () => {
    const { conversationId } = await open('bob');
    await ready('ann');
    await match();
    await transfer('ann', conversationId, 'queue');
    await match();
    await close('bob', conversationId);
    await setAway(world, callerOf('ann'), AGENT);
    const states = [
      ['ready', 0, 1],
      ['ready', 1, 2],
      ['ready', 0, 3],
      ['ready', 1, 4],
      ['ready', 0, 5],
      ['away', 0, 6],
    ];
    expect(pushed()).toEqual(states);
    // The session that asked has the first and the last in its replies.
    expect(pushed('ann-phone')).toEqual(states.slice(1, -1));
    expect(framesTo('bob').filter(({ type }) => type === 'desk.agent')).toEqual([]);
  });

  it('is pushed when the watchdog finds the agent gone, by the next worker if the first one dies (IM-DESK-8, IM-FAULT-3)', async () => {
    await ready('ann');
    await world.routes.disconnect(callerOf('ann'));
    world.connections.outcomes.set(TABLET, 'gone');
    world.advance(120_000);
    const check = (ports: Partial<World> = {}) =>
      checkAgent({ ...world, ...ports }, { userId: 'ann', sinceMs: NOON });
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('killed')) };
    await expect(check({ routes: broken })).rejects.toThrow('killed');
    expect(await world.desk.agent('ann')).toMatchObject({ status: 'offline' });
    world.connections.outcomes.clear();
    world.connections.posts.length = 0;
    await check();
    expect(pushed()).toEqual([['offline', 0, 2]]);
  });

  it('is pushed 12 s later if the function dies before it pushes it (IM-DESK-8, IM-FAULT-3)', async () => {
    const broken = { ...world.routes, sessionsOf: () => Promise.reject(new Error('killed')) };
    await connect('ann');
    const request = { queues: [QUEUE], capacity: 1 };
    const dying = { ...world, routes: broken };
    await expect(setReady(dying, callerOf('ann'), AGENT, request)).rejects.toThrow('killed');
    await expect(setAway(dying, callerOf('ann'), AGENT)).rejects.toThrow('killed');
    expect(pushed()).toEqual([]);
    const event = { event: { kind: 'push-agent', userId: 'ann' }, delaySeconds: 12 };
    expect(world.deskEvents.events.filter(({ event: { kind } }) => kind === 'push-agent')).toEqual([
      event,
      event,
    ]);
    await pushAgain();
    expect(pushed()).toEqual([['away', 0, 2]]);
  });

  it('is not read if the agent has no session to push it to', async () => {
    await assigned();
    for (const deviceId of ['phone', 'tablet'])
      await world.routes.disconnect({ userId: 'ann', deviceId, connectionId: `ann-${deviceId}` });
    const desk = { ...world.desk, agent: () => Promise.reject(new Error('read')) };
    await pushAgent({ ...world, desk }, 'ann');
  });

  it('of an agent who was never ready is not pushed', async () => {
    await pushAgain();
    expect(world.connections.posts).toEqual([]);
  });
});

describe('a transfer', () => {
  it('gives the chat to a ready colleague of any queue (IM-DESK-5)', async () => {
    const id = await assigned();
    await ready('zoe', 1, ['boats'], 'Zoe');
    world.advance(1_000);
    expect(await transfer('ann', id, 'zoe')).toMatchObject({
      state: 'assigned',
      agent: { userId: 'zoe', name: 'Zoe' },
      assignedAt: NOON + 1_000,
    });
    const typesTo = (user: string) => framesTo(user).map(({ type }) => type);
    expect(typesTo('bob')).toEqual(['messages', 'desk.assigned']);
    expect(typesTo('zoe')).toEqual(['messages', 'desk.assigned', 'desk.agent']);
    // Ann's session has the chat in the reply.
    expect(typesTo('ann')).toEqual(['messages', 'desk.agent']);
    expect((await world.desk.agent('ann'))?.active).toBe(0);
  });

  it('puts the chat first in the queue if that is its target (IM-DESK-5)', async () => {
    const id = await assigned();
    await open('eve');
    const chat = await transfer('ann', id, 'queue');
    expect(chat).toEqual({
      conversationId: id,
      queue: QUEUE,
      state: 'waiting',
      customer: 'bob',
      agent: null,
      topic: 'sails',
      position: 1,
      openedAt: NOON,
    });
    expect(framesTo('bob').at(-1)).toEqual({ type: 'desk.updated', chat });
  });

  it('changes nothing if the agent cannot take the chat (IM-DESK-5)', async () => {
    const id = await assigned();
    await ready('zoe', 1, ['boats']);
    await setAway(world, callerOf('zoe'), AGENT);
    for (const to of ['zoe', 'nobody', 'bob']) {
      await expect(transfer('ann', id, to)).rejects.toEqual(refused('conflict'));
    }
    await open('eve', { queue: 'boats' });
    await ready('zoe', 1, ['boats']);
    await match('boats');
    await expect(transfer('ann', id, 'zoe')).rejects.toEqual(refused('conflict'));
    await ready('bob', 1, ['boats']);
    await expect(transfer('ann', id, 'bob')).rejects.toEqual(refused('conflict'));
    await expect(transfer('ann', id, 'ann')).rejects.toMatchObject({
      issues: [{ path: 'to' }],
    });
    expect((await world.conversations.head(id)).chat?.agent?.userId).toBe('ann');
  });

  it('is only possible for the agent who has the chat (IM-DESK-5)', async () => {
    const id = await assigned();
    await expect(
      transferChat(world, callerOf('bob'), AGENT, { conversationId: id, to: 'queue' }),
    ).rejects.toEqual(refused('conflict'));
    const other = { roles: ['supervisor'] } as const;
    await expect(
      transferChat(world, callerOf('ann'), other, { conversationId: id, to: 'queue' }),
    ).rejects.toEqual(refused('forbidden'));
    await ready('zoe');
    await expect(transfer('zoe', id, 'queue')).rejects.toEqual(refused('not_found'));
    await expect(transfer('ann', 'dm:ann:bob', 'queue')).rejects.toEqual(refused('not_found'));
  });
});

describe('a chat', () => {
  it('opens in the first queue by default and returns its position (IM-DESK-1)', async () => {
    expect(await open('bob', { topic: 'sails' })).toEqual({
      conversationId: expect.stringMatching(/^cs:[0-9A-Z]{26}$/),
      queue: 'default',
      state: 'waiting',
      customer: 'bob',
      agent: null,
      topic: 'sails',
      position: 1,
      openedAt: NOON,
    });
    world.advance(1);
    expect(await open('eve', { queue: 'boats' })).toMatchObject({ queue: 'boats', position: 1 });
    expect(await open('dan')).toMatchObject({ queue: 'default', position: 2 });
    await expect(open('kim', { queue: 'other' })).rejects.toEqual(refused('not_found'));
  });

  it('stays the same when opened again, assigned or not (IM-DESK-1)', async () => {
    const id = await assigned();
    const again = await open('bob');
    expect(again).toMatchObject({ conversationId: id, state: 'assigned' });
    expect(again).not.toHaveProperty('position');
  });

  it('needs a live session of its customer to open', async () => {
    await expect(openChat(world, callerOf('bob'), {})).rejects.toThrow(ImError);
  });

  it('cannot be opened while others keep opening and closing it', async () => {
    await connect('bob');
    let attempts = 0;
    const apply = async () => {
      attempts += 1;
      return false;
    };
    const ports = { ...world, deskWriter: { ...world.deskWriter, apply } };
    await expect(openChat(ports, callerOf('bob'), {})).rejects.toEqual(refused('unavailable'));
    expect(attempts).toBe(3);
  });

  it('is closed by either side and shown to the other (IM-DESK-3)', async () => {
    const id = await assigned();
    world.advance(1_000);
    const chat = await close('ann', id);
    expect(chat).toEqual({
      conversationId: id,
      queue: QUEUE,
      state: 'closed',
      customer: 'bob',
      agent: { userId: 'ann', name: 'Ann' },
      topic: 'sails',
      openedAt: NOON,
      assignedAt: NOON,
      closedAt: NOON + 1_000,
    });
    expect(framesTo('bob').at(-1)).toEqual({ type: 'desk.updated', chat });
    expect(framesTo('ann').map(({ type }) => type)).toEqual(['messages', 'desk.agent']);
  });

  it('can be rated by its customer once, when it closes or later (IM-DESK-3)', async () => {
    const id = await assigned();
    await expect(close('ann', id, 5)).rejects.toEqual(refused('forbidden'));
    expect(await close('bob', id)).not.toHaveProperty('rating');
    world.connections.posts.length = 0;
    expect(await close('bob', id, 4)).toMatchObject({ rating: 4 });
    expect(framesTo('ann')).toMatchObject([{ type: 'desk.updated', chat: { rating: 4 } }]);
    expect(framesTo('bob')).toEqual([]);
    expect(await close('bob', id, 1)).toMatchObject({ rating: 4 });
    expect(framesTo('ann')).toHaveLength(1);
  });

  it('can be rated in the frame that closes it (IM-DESK-3)', async () => {
    const id = await assigned();
    expect(await close('bob', id, 3)).toMatchObject({ state: 'closed', rating: 3 });
  });

  it('shows the first rating when two devices rate at once (IM-DESK-3)', async () => {
    const id = await assigned();
    await close('bob', id);
    const rate: World['deskWriter']['rate'] = async (conversationId) => {
      await world.deskWriter.rate(conversationId, 2);
      return false;
    };
    const ports = { ...world, deskWriter: { ...world.deskWriter, rate } };
    world.connections.posts.length = 0;
    const chat = await closeChat(ports, callerOf('bob'), { conversationId: id, rating: 5 });
    expect(chat).toMatchObject({ rating: 2 });
    expect(world.connections.posts).toEqual([]);
  });

  it('retries a change that a message overtook, at most eight times', async () => {
    const id = await assigned();
    let lost = 0;
    const apply: World['deskWriter']['apply'] = async (change) => {
      lost += 1;
      return lost < 8 ? false : world.desk.apply(change);
    };
    const ports = { ...world, deskWriter: { ...world.deskWriter, apply } };
    expect(await closeChat(ports, callerOf('bob'), { conversationId: id })).toMatchObject({
      state: 'closed',
    });
    const never = { ...world, deskWriter: { ...world.deskWriter, apply: async () => false } };
    const { conversationId } = await open('eve');
    await expect(closeChat(never, callerOf('eve'), { conversationId })).rejects.toEqual(
      refused('unavailable'),
    );
  });
});

describe('the system messages of a chat', () => {
  it('say what happened, to whom, and by whom (IM-DESK-1, IM-DESK-3, IM-DESK-5)', async () => {
    const id = await assigned();
    await transfer('ann', id, 'queue');
    await match();
    await ready('zoe');
    await transfer('ann', id, 'zoe');
    await close('bob', id);
    const { messages } = await world.messages.page(id, { head: 99, after: 0, limit: 9 });
    expect(messages.map(({ contentJson }) => JSON.parse(contentJson))).toEqual([
      { type: 'system', event: 'opened', by: 'bob', name: 'sails' },
      { type: 'system', event: 'assigned', users: ['ann'], by: 'im:desk' },
      { type: 'system', event: 'requeued', users: ['ann'], by: 'ann' },
      { type: 'system', event: 'assigned', users: ['ann'], by: 'im:desk' },
      { type: 'system', event: 'transferred', users: ['zoe'], by: 'ann' },
      { type: 'system', event: 'closed', by: 'bob' },
    ]);
    expect((await world.conversations.head(id)).chat).not.toHaveProperty('isBack');
  });

  it('leave out a topic that was not given', async () => {
    const { conversationId } = await open('bob');
    const { messages } = await world.messages.page(conversationId, { head: 99, after: 0, limit: 1 });
    expect(JSON.parse(messages[0]?.contentJson ?? '')).toEqual({
      type: 'system',
      event: 'opened',
      by: 'bob',
    });
    expect((await world.conversations.head(conversationId)).chat).toEqual({
      conversationId,
      queue: QUEUE,
      state: 'waiting',
      customer: 'bob',
      openedAtMs: NOON,
    });
  });

  it('trigger a liveness check of an agent who received none of them (IM-DESK-7)', async () => {
    await open('bob');
    await ready('ann');
    world.connections.outcomes.set('ann-phone', 'gone');
    world.deskEvents.events.length = 0;
    await match();
    expect(world.deskEvents.events).toEqual([
      { event: { kind: 'check-agent', userId: 'ann', sinceMs: NOON }, delaySeconds: 0 },
    ]);
  });
});

describe('a list of chats', () => {
  const list = (userId: string, roles: Parameters<typeof listChats>[2], query = {}) =>
    listChats(world, userId, roles, query);
  const pages = async (
    userId: string,
    roles: Parameters<typeof listChats>[2],
    state?: 'closed' | 'waiting',
  ) => {
    const found: string[][] = [];
    let cursor: string | null | undefined;
    do {
      const page = await list(userId, roles, { state, ...(cursor != null && { cursor }) });
      found.push(page.chats.map(({ customer }) => customer));
      cursor = page.cursor;
    } while (cursor !== null);
    return found;
  };

  it('shows an agent their own chats, open ones first, and a supervisor all of them (IM-DESK)', async () => {
    await close('bob', await assigned());
    await open('eve');
    await match();
    world.advance(1);
    await open('dan');
    await open('kim', { queue: 'boats' });
    expect(await pages('ann', AGENT)).toEqual([['eve'], ['bob']]);
    expect(await pages('lou', SUPERVISOR)).toEqual([['eve', 'dan'], ['kim'], ['bob'], []]);
    expect(await pages('lou', SUPERVISOR, 'waiting')).toEqual([['dan'], ['kim']]);
    expect(await pages('lou', SUPERVISOR, 'closed')).toEqual([['bob'], []]);
    expect(await pages('ann', AGENT, 'closed')).toEqual([['bob']]);
  });

  it('continues within a queue after a full page (IM-DESK)', async () => {
    const customers = Array.from({ length: LIMITS.pageDefault + 1 }, (_, index) => `user-${index}`);
    for (const customer of customers) {
      world.advance(1);
      await open(customer);
    }
    const [first = [], second] = await pages('lou', SUPERVISOR, 'waiting');
    expect(first).toEqual(customers.slice(0, LIMITS.pageDefault));
    expect(second).toEqual(customers.slice(LIMITS.pageDefault));
  });

  it('refuses a cursor that names no list or no chat (IM-REFUSE-5)', async () => {
    const of = (...items: string[]) => list('ann', AGENT, { cursor: encodeCursor('ann', items) });
    const chat = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    for (const items of [
      ['x1', ''],
      ['1x', ''],
      ['', ''],
      ['12345', ''],
      ['-1', ''],
      ['1', 'nonsense'],
      ['1'],
    ])
      await expect(of(...items)).rejects.toMatchObject({ issues: [{ path: 'cursor' }] });
    expect(await of('1', chat)).toEqual({ chats: [], cursor: null });
    expect(await of('9999', '')).toEqual({ chats: [], cursor: null });
  });

  it('reads a page of fifty and one chat more, and only the lists that may contain the state (IM-DESK)', async () => {
    const id = await assigned();
    const asked: unknown[] = [];
    const chatIds: typeof world.desk.chatIds = (of, page) => {
      asked.push([of, page]);
      return world.desk.chatIds(of, page);
    };
    const ports = { ...world, desk: { ...world.desk, chatIds } };
    const found = await listChats(ports, 'ann', AGENT, { state: 'assigned' });
    expect(found).toMatchObject({ chats: [{ conversationId: id }], cursor: null });
    expect(asked).toEqual([
      [
        { of: { agent: 'ann' }, part: 'open' },
        { after: '', limit: LIMITS.pageDefault + 1 },
      ],
    ]);
  });

  it('continues within the last list, too (IM-DESK)', async () => {
    const ids = Array.from({ length: LIMITS.pageDefault + 1 }, (_, n) => `cs:${'0'.repeat(24)}${n + 10}`);
    const desk = { ...world.desk, chatIds: async () => ids };
    const { cursor } = await listChats({ ...world, desk }, 'ann', AGENT, { state: 'assigned' });
    expect(cursor).toBe(encodeCursor('ann', ['0', ids.at(-2) ?? '']));
  });

  it('leaves out a chat whose head is gone (IM-DESK)', async () => {
    await assigned();
    const conversations = { ...world.conversations, heads: async () => new Map() };
    expect((await listChats({ ...world, conversations }, 'ann', AGENT, {})).chats).toEqual([]);
  });

  it('is for agents and supervisors, with a cursor per user (IM-ROLE, IM-REFUSE-5)', async () => {
    await expect(list('bob', { roles: [] })).rejects.toEqual(refused('forbidden'));
    const { cursor } = await list('ann', AGENT);
    await expect(list('zoe', AGENT, { cursor })).rejects.toMatchObject({ issues: [{ path: 'cursor' }] });
    expect(await list('ann', AGENT, { cursor, state: 'closed' })).toEqual({ chats: [], cursor: null });
  });
});

describe('the list of queues', () => {
  it('counts waiting chats, their longest wait, and agents (IM-DESK)', async () => {
    const id = await assigned();
    world.advance(1_000);
    await open('eve');
    world.advance(1_000);
    await transfer('ann', id, 'queue');
    await ready('zoe');
    await setAway(world, callerOf('zoe'), AGENT);
    world.advance(1_000);
    expect(await listQueues(world, SUPERVISOR)).toEqual({
      queues: [
        { queue: 'default', waiting: 2, longestWaitMs: 3_000, agents: { ready: 1, away: 1, offline: 0 } },
        { queue: 'boats', waiting: 0, longestWaitMs: 0, agents: { ready: 0, away: 0, offline: 0 } },
      ],
    });
    await expect(listQueues(world, AGENT)).rejects.toEqual(refused('forbidden'));
  });
});

describe("a user's roles at the desk", () => {
  it('returns the roles, the queues, and an agent’s own state (IM-DESK-8, IM-ROLE)', async () => {
    const queues = ['default', 'boats'];
    const agent = { userId: 'ann', status: 'away', queues: [], capacity: 0, active: 0, version: 0 };
    expect(await showMe(world, 'ann', AGENT)).toEqual({ roles: ['agent'], queues, agent });
    await assigned();
    expect(await showMe(world, 'ann', AGENT)).toMatchObject({
      agent: { status: 'ready', active: 1, version: 2 },
    });
    expect(await showMe(world, 'lou', SUPERVISOR)).toEqual({ roles: ['supervisor'], queues, agent: null });
    await expect(showMe(world, 'bob', { roles: [] })).rejects.toEqual(refused('forbidden'));
  });
});

describe('the list of agents', () => {
  it('lists each ready agent once, with load and name, for agents and supervisors (IM-DESK-5, IM-ROLE)', async () => {
    await assigned();
    await ready('zoe', 2, [QUEUE, 'boats']);
    await ready('lou');
    await setAway(world, callerOf('lou'), AGENT);
    const { agents } = await listAgents(world, AGENT);
    expect(agents).toMatchObject([
      { userId: 'ann', name: 'Ann', active: 1, capacity: 1 },
      { userId: 'zoe', active: 0, capacity: 2 },
    ]);
    expect(await listAgents(world, SUPERVISOR)).toEqual({ agents });
    await expect(listAgents(world, { roles: [] })).rejects.toEqual(refused('forbidden'));
  });
});
