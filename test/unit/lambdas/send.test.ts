import { describe, expect, it } from 'vitest';
import { setReady } from '../../../lambdas/domain/desk/agent.ts';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { allocateSeq } from '../../../lambdas/domain/messages/store.ts';
import { nextSystemMessage, systemMessage } from '../../../lambdas/domain/messages/system-message.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { aRequest, aSession, callerOf, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const CONVERSATION = 'dm:alice:bob';

async function withSpeaker(): Promise<{ world: World; caller: ReturnType<typeof aSession> }> {
  const world = createWorld();
  const caller = aSession({ userId: 'alice', deviceId: 'laptop' });
  await world.routes.connect(caller);
  return { world, caller };
}

const history = async (world: World) =>
  (await world.messages.page(CONVERSATION, { head: 99, after: 0, limit: 100 })).messages;

describe('sendMessage', () => {
  it("returns the server's seq, id, and time, after the message is stored (IM-SEND-1, IM-SEND-6)", async () => {
    const { world, caller } = await withSpeaker();
    const sent = await send(world, 'alice', aRequest(), caller);
    const [stored] = await history(world);
    expect(sent).toEqual({
      clientMsgId: 'c1',
      conversationId: CONVERSATION,
      messageId: stored?.messageId,
      seq: 1,
      sentAt: NOON,
      duplicate: false,
    });
  });

  it('is refused to system, which is no user, and taken from it (section 1)', async () => {
    const { world } = await withSpeaker();
    const { to: _, ...rest } = aRequest();
    for (const target of [{ to: 'system' }, { conversationId: 'dm:alice:system' }]) {
      const refused = send(world, 'alice', { ...rest, ...target });
      await expect(refused).rejects.toMatchObject({ code: 'invalid_request', issues: [{ path: 'to' }] });
    }
    expect(await send(world, 'system', aRequest({ to: 'alice' }))).toMatchObject({ seq: 1 });
  });

  it('returns the first ack when a send is repeated, by to or conversationId (IM-SEND-2)', async () => {
    const { world, caller } = await withSpeaker();
    const first = await send(world, 'alice', aRequest(), caller);
    world.advance(60_000);
    const { to: _, ...rest } = aRequest();
    const again = await send(world, 'alice', { ...rest, conversationId: CONVERSATION });
    expect(again).toEqual({ ...first, duplicate: true });
    expect(await history(world)).toHaveLength(1);
  });

  it('leaves no hole when a repeat is marked as one, whether or not the original was stored (IM-SEND-3)', async () => {
    const { world, caller } = await withSpeaker();
    await send(world, 'alice', aRequest({ resend: true }), caller);
    await send(world, 'alice', aRequest({ resend: true }), caller);
    const next = await send(world, 'alice', aRequest({ clientMsgId: 'c2' }), caller);
    expect(next.seq).toBe(2);
    const other = aRequest({ resend: true, content: { type: 'text', text: 'other' } });
    await expect(send(world, 'alice', other, caller)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('delivers a repeat again under the same seq, since the first attempt may have died before it (IM-SEND-2)', async () => {
    const { world, caller } = await withSpeaker();
    await world.routes.connect(aSession());
    await send(world, 'alice', aRequest(), caller);
    await send(world, 'alice', aRequest(), caller);
    expect(world.connections.posts.map(({ frame }) => frame)).toEqual([
      expect.objectContaining({ messages: [expect.objectContaining({ seq: 1 })] }),
      expect.objectContaining({ messages: [expect.objectContaining({ seq: 1 })] }),
    ]);
  });

  it('accepts equal canonical JSON as the same content, and refuses other content (IM-SEND-2)', async () => {
    const { world, caller } = await withSpeaker();
    const content = (data: unknown) => aRequest({ content: { type: 'custom', data } });
    await send(world, 'alice', content({ a: 1, b: 2 }), caller);
    await expect(send(world, 'alice', content({ b: 2, a: 1 }), caller)).resolves.toMatchObject({
      duplicate: true,
    });
    const conflict = expect.objectContaining({ code: 'idempotency_conflict' });
    await expect(send(world, 'alice', content({ a: 2 }), caller)).rejects.toThrow(conflict);
  });

  it('scopes clientMsgId by sender: the peer may use the same one (IM-SEND-2)', async () => {
    const { world } = await withSpeaker();
    await send(world, 'alice', aRequest());
    const reply = await send(world, 'bob', aRequest({ to: 'alice' }));
    expect(reply).toMatchObject({ seq: 2, duplicate: false, conversationId: CONVERSATION });
  });

  it("treats the store's own repeat of the same put as success (IM-FAULT-10)", async () => {
    const { world } = await withSpeaker();
    const { messages } = world;
    const twice = {
      ...messages,
      async putIfAbsent(message: Parameters<typeof messages.putIfAbsent>[0]) {
        await messages.putIfAbsent(message);
        return messages.putIfAbsent(message);
      },
    };
    await expect(send({ ...world, messageWriter: twice }, 'alice', aRequest())).resolves.toMatchObject({
      duplicate: false,
    });
  });

  it.each([
    ['a message to oneself', aRequest({ to: 'alice' }), 'invalid_request'],
    [
      'content of 16,385 bytes',
      aRequest({ content: { type: 'text', text: 'é'.repeat(8_180) } }),
      'payload_too_large',
    ],
  ])('refuses %s and leaves no trace (IM-SEND-1, IM-FRAME-5)', async (_, request, code) => {
    const { world, caller } = await withSpeaker();
    await expect(send(world, 'alice', request, caller)).rejects.toThrow(expect.objectContaining({ code }));
    expect(await world.conversations.head(CONVERSATION)).toEqual({ seq: 0, atMs: 0 });
  });

  it.each(['dm:bob:carol', 'dm:bob:alice', 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV'])(
    'returns not_found for %s, in the same words (IM-SEND-7, IM-REFUSE-4)',
    async (conversationId) => {
      const { world } = await withSpeaker();
      const { to: _, ...rest } = aRequest();
      const error = { code: 'not_found', message: 'There is no such conversation.' };
      await expect(send(world, 'alice', { ...rest, conversationId })).rejects.toMatchObject(error);
    },
  );

  it('refuses a session that is over, and stores nothing (IM-SEND-1, IM-REFUSE-7)', async () => {
    const { world, caller } = await withSpeaker();
    await world.routes.disconnect(caller);
    await expect(send(world, 'alice', aRequest(), caller)).rejects.toMatchObject({
      code: 'session_expired',
    });
    expect(await history(world)).toEqual([]);
  });

  it("returns unavailable when an absent recipient's job cannot be queued, and a repeat succeeds (IM-FAULT-10)", async () => {
    const { world } = await withSpeaker();
    const full = { enqueue: () => Promise.reject(new UnavailableError()) };
    await expect(send({ ...world, offlineQueue: full }, 'alice', aRequest())).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(send(world, 'alice', aRequest())).resolves.toMatchObject({ seq: 1, duplicate: true });
    expect(world.offlineQueue.jobs).toHaveLength(1);
  });

  it("posts to the sessions read before the commit while it reads them again, and not to the sender's (IM-PUSH-2)", async () => {
    const { world, caller } = await withSpeaker();
    for (const session of [aSession(), aSession({ userId: 'alice' })]) await world.routes.connect(session);
    const { promise: posted, resolve } = Promise.withResolvers<void>();
    let reads = 0;
    const sessionsOf: World['routes']['sessionsOf'] = async (userIds) => {
      reads += 1;
      if (reads > 1) await posted;
      return world.routes.sessionsOf(userIds);
    };
    const connections: World['connections'] = {
      ...world.connections,
      async post(...args) {
        const outcome = await world.connections.post(...args);
        if (world.connections.posts.length === 2) resolve();
        return outcome;
      },
    };
    await send(
      { ...world, routes: { ...world.routes, sessionsOf }, connections },
      'alice',
      aRequest(),
      caller,
    );
    expect(reads).toBe(2);
    const connectionIds = world.connections.posts.map(({ connectionId }) => connectionId).sort();
    expect(connectionIds).toEqual(['alice-phone', 'bob-phone']);
  });

  it('goes to the sessions of both users if it is sent without one (IM-SEND-5)', async () => {
    const { world } = await withSpeaker();
    await world.routes.connect(aSession());
    await send(world, 'alice', aRequest());
    const connectionIds = world.connections.posts.map(({ connectionId }) => connectionId).sort();
    expect(connectionIds).toEqual(['alice-laptop', 'bob-phone']);
    expect(world.offlineQueue.jobs).toEqual([]);
  });

  it('may have content of 16,384 bytes as canonical JSON (IM-FRAME-5)', async () => {
    const text = 'x'.repeat(16_384 - '{"text":"","type":"text"}'.length);
    expect(await send(createWorld(), 'alice', aRequest({ content: { type: 'text', text } }))).toMatchObject({
      seq: 1,
    });
  });

  it('names content in its error if it has no JSON form', async () => {
    const content = { type: 'custom', data: '\ud800' } as const;
    await expect(send(createWorld(), 'alice', aRequest({ content }))).rejects.toMatchObject({
      issues: [{ path: 'content' }],
    });
  });

  it('checks the session of the sending device among all of its user, and extends its lease only (IM-BEAT)', async () => {
    const { world } = await withSpeaker();
    const caller = aSession({ userId: 'alice', deviceId: 'phone', leaseUntilMs: NOON + 1 });
    await world.routes.connect(caller);
    await send(world, 'alice', aRequest(), caller);
    const sessions = (await world.routes.sessionsOf(['alice'])).get('alice');
    expect(sessions?.map(({ deviceId, leaseUntilMs }) => [deviceId, leaseUntilMs - NOON])).toEqual([
      ['laptop', world.leaseMs],
      ['phone', world.leaseMs],
    ]);
    await world.routes.disconnect(caller);
    const again = send(world, 'alice', aRequest(), caller);
    await expect(again).rejects.toMatchObject({ code: 'session_expired' });
  });

  it('is acknowledged even if the lease cannot be extended (IM-BEAT)', async () => {
    const { world } = await withSpeaker();
    const caller = aSession({ userId: 'alice', leaseUntilMs: NOON + 1 });
    await world.routes.connect(caller);
    let tried = 0;
    const extendLease = async () => {
      tried += 1;
      throw new Error('busy');
    };
    const ports = { ...world, routes: { ...world.routes, extendLease } };
    await expect(send(ports, 'alice', aRequest(), caller)).resolves.toMatchObject({ seq: 1 });
    expect(tried).toBe(1);
  });

  it('to a user reads no membership, no members, and, unless marked as a repeat, no earlier message', async () => {
    const { world, caller } = await withSpeaker();
    const called: string[] = [];
    const spy = (name: string) => () => {
      called.push(name);
      return Promise.reject(new Error(name));
    };
    const ports = {
      ...world,
      conversations: { ...world.conversations, membership: spy('membership'), head: spy('head') },
      groups: { ...world.groups, members: spy('members') },
      messages: { ...world.messages, getMany: spy('getMany') },
    };
    expect(await send(ports, 'alice', aRequest(), caller)).toMatchObject({ seq: 1 });
    expect(called).toEqual([]);
    await expect(send(ports, 'alice', aRequest({ resend: true }), caller)).rejects.toThrow('head');
  });

  it('looks for an earlier message after a refusal only, not after a failure', async () => {
    const { world } = await withSpeaker();
    await send(world, 'alice', aRequest());
    const nextSeq = () => Promise.reject(new UnavailableError());
    const ports = { ...world, conversationWriter: { ...world.conversationWriter, nextSeq } };
    await expect(send(ports, 'alice', aRequest())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a send to a group', () => {
  async function groupOf(world: World, size: number): Promise<string> {
    const members = Array.from({ length: size - 1 }, (_, n) => `m${n}`);
    const { conversationId } = await createGroup(world, 'alice', { name: 'R', members, openHistory: false });
    world.fanOutQueue.jobs.length = 0;
    world.connections.posts.length = 0;
    return conversationId;
  }
  const requestTo = (conversationId: string) => ({
    clientMsgId: 'c1',
    conversationId,
    content: { type: 'text', text: 'hi' } as const,
  });

  it('that is large has one fan-out job with its member count and the sending session, repeated or not', async () => {
    const { world, caller } = await withSpeaker();
    const conversationId = await groupOf(world, 30);
    const job = expect.objectContaining({ memberCount: 30, exceptConnectionId: caller.connectionId });
    await send(world, 'alice', requestTo(conversationId), caller);
    expect(world.fanOutQueue.jobs).toEqual([job]);
    await send(world, 'alice', { ...requestTo(conversationId), resend: true }, caller);
    expect(world.fanOutQueue.jobs).toEqual([job, job]);
  });

  it('reads the members of a small one while the message is stored', async () => {
    const { world, caller } = await withSpeaker();
    const conversationId = await groupOf(world, 3);
    const { promise: read, resolve } = Promise.withResolvers<void>();
    const members: World['groups']['members'] = (...args) => {
      resolve();
      return world.groups.members(...args);
    };
    const putIfAbsent: World['messageWriter']['putIfAbsent'] = async (message) => {
      await read;
      return world.messageWriter.putIfAbsent(message);
    };
    const ports = {
      ...world,
      groups: { ...world.groups, members },
      messageWriter: { ...world.messageWriter, putIfAbsent },
    };
    expect(await send(ports, 'alice', requestTo(conversationId), caller)).toMatchObject({ seq: 2 });
    expect(world.connections.posts).toEqual([]);
  });

  it('needs a live session of the caller (IM-REFUSE-7)', async () => {
    const { world, caller } = await withSpeaker();
    const conversationId = await groupOf(world, 3);
    await world.routes.disconnect(caller);
    const sent = send(world, 'alice', requestTo(conversationId), caller);
    await expect(sent).rejects.toMatchObject({ code: 'session_expired' });
  });
});

describe('a send in a support chat', () => {
  it('requests a check of the agent if no session of the agent took it, and of nobody else (IM-DESK-7)', async () => {
    const { world } = await withSpeaker();
    for (const userId of ['bob', 'ann']) await world.routes.connect(aSession({ userId }));
    const { conversationId } = await openChat(world, callerOf('bob'), {});
    const say = (from: string, clientMsgId: string) =>
      send(world, from, { clientMsgId, conversationId, content: { type: 'text', text: 'hi' } });
    const checked = () =>
      world.deskEvents.events.flatMap(({ event }) => (event.kind === 'check-agent' ? [event.userId] : []));
    await say('bob', 'c1');
    await setReady(world, callerOf('ann'), { roles: ['agent'] }, { queues: ['default'], capacity: 1 });
    await matchQueue(world, { queue: 'default', moved: false, isRepeat: false, isWatchdog: false });
    await say('bob', 'c2');
    expect(checked()).toEqual([]);
    for (const userId of ['bob', 'ann']) await world.routes.disconnect(callerOf(userId));
    await say('ann', 'c3');
    expect(checked()).toEqual([]);
    await say('bob', 'c4');
    expect(checked()).toEqual(['ann']);
  });
});

describe('a seq', () => {
  it('is unavailable after four attempts in which others create the conversation', async () => {
    const world = createWorld();
    const calls: string[] = [];
    const conversationWriter: World['conversationWriter'] = {
      ...world.conversationWriter,
      async nextSeq() {
        calls.push('next');
        return { refused: 'missing' };
      },
      async createDirect() {
        calls.push('create');
      },
    };
    await expect(send({ ...world, conversationWriter }, 'alice', aRequest())).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(calls).toEqual(Array.from({ length: 4 }, () => ['next', 'create']).flat());
  });

  it.each([
    { kind: 'group', conversationId: 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV', code: 'not_found' },
    { kind: 'support', conversationId: 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV', code: 'forbidden' },
  ] as const)('of a missing conversation is $code: $kind', async ({ code, ...conversation }) => {
    const allocated = allocateSeq(
      createWorld(),
      conversation,
      { from: 'alice', clientMsgId: 'c1', contentJson: '{}' },
      {},
    );
    await expect(allocated).rejects.toMatchObject({ code });
  });
});

describe('a system message', () => {
  it('is from the user who caused it, and has a key and an id of its own', async () => {
    const world = createWorld();
    const content = { event: 'renamed', by: 'alice', name: 'Rowers' } as const;
    const [one, other] = [1, 2].map((seq) => systemMessage(world, 'g:1', seq, content));
    expect(one).toMatchObject({ conversationId: 'g:1', from: 'alice', seq: 1, sentAt: NOON });
    expect(one?.clientMsgId).toMatch(/^sys-[0-9A-Z]{26}$/);
    expect(other?.clientMsgId).not.toBe(one?.clientMsgId);
    expect(JSON.parse(one?.contentJson ?? '')).toEqual({ type: 'system', ...content });
  });

  it('takes the next seq under its key, or is not found', async () => {
    const world = createWorld();
    const content = { event: 'left', by: 'alice' } as const;
    await expect(nextSystemMessage(world, CONVERSATION, content)).rejects.toMatchObject({
      code: 'not_found',
    });
    await world.conversationWriter.createDirect(CONVERSATION, ['alice', 'bob']);
    const { seq, clientMsgId } = await nextSystemMessage(world, CONVERSATION, content);
    expect(clientMsgId).toMatch(/^sys-[0-9A-Z]{26}$/);
    expect(await world.conversations.head(CONVERSATION)).toMatchObject({
      seq,
      tail: { from: 'alice', clientMsgId },
    });
  });
});
