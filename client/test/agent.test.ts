import { describe, expect, it } from 'vitest';
import type { AgentStatus, DeskAgent, DeskChat } from '../../protocol/desk.ts';
import { Agent } from '../src/desk/agent.ts';
import { SupportChats } from '../src/desk/support-chats.ts';
import { fullDelays, harness } from './support/harness.ts';
import type { ServerConnection } from './support/scripted-server.ts';

const READY = { queues: ['default'], capacity: 2 };
const CHATS = '/desk/chats';
const ME = '/desk/me';

/** A chat assigned to alice. */
const chat = (conversationId: string): DeskChat => ({
  conversationId,
  queue: 'default',
  state: 'assigned',
  customer: 'bob',
  agent: { userId: 'alice' },
  openedAt: 1,
});
const [FIRST, SECOND] = [chat('cs:01ARZ3NDEKTSV4RRFFQ69G5FA1'), chat('cs:01ARZ3NDEKTSV4RRFFQ69G5FA2')];
const [first, second] = [FIRST.conversationId, SECOND.conversationId];

/** Alice is an agent, and the scripted desk accepts her requests. */
async function desk() {
  // Runs before the answer with the list of chats reaches her.
  let beforeChats = async () => {};
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const answer = await globalThis.fetch(url, init);
    if (String(url).includes(CHATS)) await beforeChats();
    return answer;
  };
  const waits = Promise.withResolvers<void>();
  const logger = { debug: () => {}, warn: () => waits.resolve(), error: () => {} };
  const options = { ...fullDelays, logger, environment: { fetch } };
  const { im, server, clock, connected, entered } = await harness(options);
  const chats = new SupportChats(im.engine);
  let version = 0;
  /** Alice's next state. */
  const is = (status: AgentStatus): DeskAgent => {
    version += 1;
    return { userId: 'alice', status, active: 0, version, ...READY };
  };
  const agent = new Agent(im.engine, chats);
  for (const [word, status] of [
    ['ready', 'ready'],
    ['away', 'away'],
  ] as const) {
    server.scripts.set(`desk.${word}`, ({ id }) => ({ type: 'desk.agent', id, agent: is(status) }));
  }
  server.httpAnswers.set(ME, {
    status: 200,
    body: { roles: ['agent'], queues: ['default'], agent: is('away') },
  });
  const has = (...list: DeskChat[]) =>
    server.httpAnswers.set(CHATS, { status: 200, body: { chats: list, cursor: null } });
  has();
  const told = (name: 'assigned' | 'gone', id: string) =>
    new Promise<void>((resolve) => {
      chats.on(name, ({ conversationId }) => conversationId === id && resolve());
    });
  /** Pushes a chat to her, and waits until she has it. */
  const assign = async (to: ServerConnection, given: DeskChat) => {
    const assigned = told('assigned', given.conversationId);
    to.send({ type: 'desk.assigned', chat: given });
    await assigned;
  };
  /** Cuts the connection, and waits for the next one. */
  const again = async (connection: ServerConnection): Promise<ServerConnection> => {
    const reconnecting = entered('reconnecting');
    connection.cut();
    await reconnecting;
    const back = entered('connected');
    clock.advance(500);
    await back;
    return server.nextConnection();
  };
  return {
    ...{ agent, chats, server, clock, connected, again, assign, has, told, is },
    /** Resolves when she has this status. */
    becomes: (status: AgentStatus) =>
      new Promise<void>((resolve) => {
        agent.on('changed', (now) => now.status === status && resolve());
      }),
    /** Her state as a request finds it from now on. */
    nowIs: (status: AgentStatus) =>
      server.httpAnswers.set(ME, {
        status: 200,
        body: { roles: ['agent'], queues: ['default'], agent: is(status) },
      }),
    /** Resolves when a request has failed and will be retried. */
    waits: waits.promise,
    holdChats: (hold: () => Promise<void>) => {
      beforeChats = hold;
    },
  };
}

describe('an agent after a reconnect', () => {
  it('reads its state and its chats, and never sends ready by itself (IM-DESK-8)', async () => {
    const { agent, chats, connected, again, assign, has, told, nowIs, becomes } = await desk();
    const connection = await connected();
    await agent.ready(READY);
    await assign(connection, FIRST);
    has(SECOND);
    nowIs('away');
    const news = [told('gone', first), told('assigned', second), becomes('away')];
    const next = await again(connection);
    await Promise.all(news);
    expect(chats.all).toEqual([SECOND]);
    expect(agent.state).toMatchObject({ status: 'away' });
    await agent.away();
    expect(next.frames.map(({ action }) => action)).not.toContain('desk.ready');
  });

  it('keeps a chat that is assigned while the list of chats is loading', async () => {
    const { agent, chats, server, connected, again, assign, holdChats, told } = await desk();
    const connection = await connected();
    await agent.ready(READY);
    await assign(connection, FIRST);
    const gone = told('gone', first);
    holdChats(async () => {
      const now = server.connections.at(-1);
      if (now !== undefined) await assign(now, SECOND);
    });
    await again(connection);
    await gone;
    expect(chats.all).toEqual([SECOND]);
  });

  it.each([[ME], [CHATS]])('retries %s while the desk is unavailable', async (what) => {
    const { agent, server, clock, connected, again, assign, has, told, waits, nowIs } = await desk();
    const connection = await connected();
    await agent.ready(READY);
    await assign(connection, FIRST);
    const unavailable = { code: 'unavailable', message: 'busy', retryable: true };
    server.httpAnswers.set(what, { status: 503, body: unavailable });
    await again(connection);
    await waits;
    nowIs('ready');
    has(SECOND);
    const assigned = told('assigned', second);
    clock.advance(500);
    await assigned;
  });
});

describe('readiness', () => {
  it('is the one that the last call requested, however late the first call’s answer is (IM-DESK-4)', async () => {
    const { agent, server, connected } = await desk();
    const answer = server.scripts.get('desk.ready');
    server.scripts.set('desk.ready', () => undefined);
    const connection = await connected();
    const [ready, away] = [agent.ready(READY), agent.away()];
    const asked = await connection.next('desk.ready');
    expect(connection.frames.map(({ action }) => action)).not.toContain('desk.away');
    connection.send(answer?.(asked, connection) ?? {});
    expect([(await ready).status, (await away).status]).toEqual(['ready', 'away']);
  });

  it('is the same whichever session set it, and an older frame changes nothing (IM-DESK-8)', async () => {
    const { agent, connected, is, becomes } = await desk();
    const connection = await connected();
    expect((await agent.me()).queues).toEqual(['default']);
    expect(agent.state).toMatchObject({ status: 'away' });
    const [older, newer] = [is('ready'), is('offline')];
    const offline = becomes('offline');
    for (const pushed of [newer, older]) connection.send({ type: 'desk.agent', agent: pushed });
    await offline;
    await agent.ready(READY);
    expect(agent.state).toMatchObject({ status: 'ready', version: 4 });
  });
});
