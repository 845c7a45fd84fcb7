import { beforeEach, describe, expect, it } from 'vitest';
import { UnauthorizedError } from '../../../lambdas/shared/errors.ts';
import type { SocketEvent } from '../../../lambdas/transport/frame.ts';
import { createFrameHandler } from '../../../lambdas/transport/socket.ts';
import { deskActions, socketActions } from '../../../lambdas/transport/socket-actions.ts';
import { decodeServerFrame, encodeClientFrame } from '../../../protocol/protobuf.ts';
import { aSession, createWorldOf, NOON, type World } from '../../adapters/memory/world.ts';

const HOUR_MS = 3_600_000;

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob', 'ann');
});

function event(userId: string, body?: string, authorizer: Record<string, unknown> = {}): SocketEvent {
  return {
    requestContext: {
      eventType: 'MESSAGE',
      routeKey: '$default',
      connectionId: `${userId}-phone`,
      connectedAt: NOON,
      authorizer: { userId, deviceId: 'phone', ...authorizer },
    },
    ...(body !== undefined && { body }),
  };
}

function handle(of: SocketEvent, ports: object = {}) {
  const tokens = {
    async verify(token: string) {
      if (token !== 'fresh') throw new UnauthorizedError();
      return { userId: 'bob', roles: [], isUnlimited: false, expiresAtMs: NOON + HOUR_MS / 2 };
    },
  };
  const all = { ...world, tokens, ...ports };
  return createFrameHandler(all, () => ({ ...socketActions(all), ...deskActions(all) }))(of);
}

async function answer(userId: string, action: string, fields: object = {}, authorizer = {}) {
  const { body } = await handle(event(userId, JSON.stringify({ action, id: '7', ...fields }), authorizer));
  return body === undefined ? undefined : JSON.parse(body);
}

describe('an action', () => {
  const message = { clientMsgId: 'c1', to: 'bob', content: { type: 'text', text: 'hi' } };

  it('is answered with its id and the fields of its reply (IM-FRAME-2)', async () => {
    expect(await answer('alice', 'sendMessage', message)).toEqual({
      type: 'sent',
      id: '7',
      clientMsgId: 'c1',
      conversationId: 'dm:alice:bob',
      messageId: expect.any(String),
      seq: 1,
      sentAt: NOON,
      duplicate: false,
    });
    expect(await answer('bob', 'read', { to: 'alice', seq: 1 })).toEqual({ type: 'ok', id: '7' });
    const changed = { type: 'message', id: '7', message: expect.objectContaining({ seq: 1, rev: 1 }) };
    const content = { type: 'text', text: 'hello' };
    expect(await answer('alice', 'edit', { to: 'bob', seq: 1, editId: 'e', content })).toEqual(changed);
    for (const [action, fields, shown] of [
      ['react', { name: '👍' }, { reactions: [expect.objectContaining({ users: ['bob'] })] }],
      ['pin', {}, { pinned: { by: 'bob', at: NOON } }],
    ] as const) {
      changed.message = expect.objectContaining({ seq: 1, ...shown });
      expect(await answer('bob', action, { to: 'alice', seq: 1, on: true, ...fields })).toEqual(changed);
    }
    changed.message = expect.objectContaining({
      content: { type: 'recalled', by: 'alice', at: NOON },
      rev: 4,
    });
    expect(await answer('alice', 'recall', { to: 'bob', seq: 1 })).toEqual(changed);
    await answer('bob', 'sendMessage', { ...message, to: 'alice' });
    expect(await answer('bob', 'presence', { userIds: ['alice'] })).toMatchObject({
      type: 'presence',
      users: [{ userId: 'alice', online: true }],
    });
    expect(await answer('bob', 'heartbeat')).toEqual({
      type: 'heartbeat',
      id: '7',
      serverTime: NOON,
      session: { expiresAt: NOON + HOUR_MS },
    });
    expect(await answer('bob', 'renew', { token: 'fresh' })).toEqual({
      type: 'session',
      id: '7',
      session: { expiresAt: NOON + HOUR_MS / 2 },
    });
  });

  it('returns the inbox and accepts its acknowledgement if it is hello (IM-HELLO-1, IM-HELLO-2)', async () => {
    await answer('alice', 'sendMessage', message);
    const { messages } = await world.messages.page('dm:alice:bob', { head: 99, after: 0, limit: 1 });
    const [stored] = messages;
    if (stored === undefined) throw new Error('not stored');
    await world.inboxWriter.put([{ userId: 'bob', reference: { ...stored, bytes: 9 } }]);
    const welcome = await answer('bob', 'hello');
    expect(welcome).toMatchObject({
      type: 'welcome',
      id: '7',
      userId: 'bob',
      deviceId: 'phone',
      connectionId: 'bob-phone',
      serverTime: NOON,
      session: { expiresAt: NOON + HOUR_MS },
      heartbeatIntervalMs: 480_000,
      inbox: { messages: [{ clientMsgId: 'c1' }] },
    });
    expect(await answer('bob', 'ackInbox', { batch: welcome.inbox.batch })).toMatchObject({
      type: 'inbox',
      id: '7',
      messages: [],
      batch: null,
    });
  });

  it('gets no answer if it is a hint, unless it is refused (IM-FRAME-2)', async () => {
    const frame = JSON.stringify({ action: 'typing', id: '7', to: 'bob', typing: true });
    expect(await handle(event('alice', frame))).toEqual({ statusCode: 200 });
    const live = { to: 'bob', liveId: 'm1', index: 0, content: null };
    expect(await handle(event('alice', JSON.stringify({ action: 'live', ...live })))).toEqual({
      statusCode: 200,
    });
    expect(await answer('alice', 'live', { ...live, content: undefined })).toMatchObject({
      type: 'error',
      code: 'invalid_request',
      issues: [{ path: 'content' }],
    });
    expect(await answer('alice', 'typing', { to: 'alice', typing: true })).toMatchObject({ type: 'error' });
  });

  it('is answered with the chat or the agent at the desk (IM-DESK-1, IM-DESK-3, IM-DESK-4, IM-DESK-5)', async () => {
    const agent = { roles: 'agent' };
    const { chat, ...opened } = await answer('bob', 'desk.open');
    expect([opened, chat.state]).toEqual([{ type: 'desk.chat', id: '7' }, 'waiting']);
    expect(await answer('ann', 'desk.ready', { queues: ['default'], capacity: 2 }, agent)).toMatchObject({
      type: 'desk.agent',
      agent: { status: 'ready' },
    });
    expect(await answer('ann', 'desk.away', {}, agent)).toMatchObject({
      type: 'desk.agent',
      agent: { status: 'away', capacity: 2 },
    });
    const { conversationId } = chat;
    expect(await answer('bob', 'desk.transfer', { conversationId, to: 'queue' }, agent)).toMatchObject({
      type: 'error',
      code: 'conflict',
    });
    expect(await answer('bob', 'desk.close', { conversationId })).toMatchObject({
      type: 'desk.chat',
      chat: { state: 'closed' },
    });
  });

  it('fails with internal if the event has no caller', async () => {
    const { authorizer: _, ...requestContext } = event('bob').requestContext;
    const { body = '' } = await handle({ requestContext, body: '{"action":"heartbeat","id":"7"}' });
    expect(JSON.parse(body)).toMatchObject({ code: 'internal', id: '7' });
  });

  it('is a bad frame if it has no body', async () => {
    expect(JSON.parse((await handle(event('bob'))).body ?? '')).toMatchObject({
      code: 'bad_frame',
      id: null,
    });
  });
});

describe('a plain frame', () => {
  const frame = { fromUser: 'bob', toUser: 'alice', message: 'hi' };
  const plain = (fields: object, authorizer: object = { mode: 'plain' }) =>
    handle(event('bob', JSON.stringify(fields), { ...authorizer }));

  it('sends a text message, and is answered by ok (IM-PLAIN)', async () => {
    expect(await plain(frame)).toEqual({ statusCode: 200, body: 'ok' });
    const { messages } = await world.messages.page('dm:alice:bob', { head: 99, after: 0, limit: 9 });
    expect(messages).toMatchObject([{ from: 'bob', contentJson: '{"text":"hi","type":"text"}' }]);
    await plain(frame);
    expect((await world.conversations.head('dm:alice:bob')).seq).toBe(2);
  });

  it('is refused if it names another sender (IM-PLAIN, IM-SEND-6)', async () => {
    const { body = '' } = await plain({ ...frame, fromUser: 'alice' });
    expect(JSON.parse(body)).toMatchObject({ type: 'error', code: 'identity_mismatch' });
  });

  it('is recognized by any of its fields, and only in a plain session (IM-PLAIN)', async () => {
    const codeOf = async (fields: object, authorizer?: object) =>
      JSON.parse((await plain(fields, authorizer)).body ?? '').code;
    for (const field of ['fromUser', 'toUser', 'message']) {
      expect(await codeOf({ [field]: 'x' })).toBe('invalid_request');
    }
    expect(await codeOf({ other: 'x' })).toBe('unknown_action');
    expect(await codeOf({ ...frame, action: 'other' })).toBe('unknown_action');
    expect(await codeOf(frame, {})).toBe('unknown_action');
  });
});

describe('the literal heartbeat', () => {
  const leaseOf = async () => (await world.routes.find('bob', 'phone'))?.leaseUntilMs;
  beforeEach(() => world.routes.connect(aSession({ idleTimeoutMs: 60_000, leaseUntilMs: NOON + 1 })));

  it("is echoed and extends the session's lease if the idle option is on (IM-FRAME-4, IM-IDLE)", async () => {
    const answered = await handle(event('bob', 'heartbeat'), { idleTimeoutMs: 60_000 });
    expect(answered).toEqual({ statusCode: 200, body: 'heartbeat' });
    expect(await leaseOf()).toBe(NOON + 60_000);
  });

  it('reads nothing if the idle option is off', async () => {
    const find = () => Promise.reject(new Error('read'));
    expect(await handle(event('bob', 'heartbeat'), { routes: { ...world.routes, find } })).toEqual({
      statusCode: 200,
      body: 'heartbeat',
    });
    expect(await leaseOf()).toBe(NOON + 1);
  });

  it('extends no session and does not fail if it comes from another connection', async () => {
    const idle = { idleTimeoutMs: 60_000 };
    const other = event('bob', 'heartbeat');
    const requestContext = { ...other.requestContext, connectionId: 'old' };
    await handle({ ...other, requestContext }, idle);
    expect(await leaseOf()).toBe(NOON + 1);
    const find = () => Promise.reject(new Error('busy'));
    const { authorizer: _, ...anonymous } = other.requestContext;
    for (const failing of [
      await handle(other, { ...idle, routes: { ...world.routes, find } }),
      await handle({ ...other, requestContext: anonymous }, idle),
    ]) {
      expect(failing).toEqual({ statusCode: 200, body: 'heartbeat' });
    }
  });
});

describe('a Protobuf frame', () => {
  const protobuf = async (body: string) => {
    const { body: text = '' } = await handle(event('bob', body, { encoding: 'protobuf' }));
    return decodeServerFrame(text);
  };

  it('is answered in Protobuf (IM-PB)', async () => {
    const frame = encodeClientFrame({ action: 'heartbeat', id: '7' });
    expect(await protobuf(frame)).toMatchObject({ type: 'heartbeat', id: '7', serverTime: NOON });
  });

  it('is refused in Protobuf as a bad frame if it is malformed (IM-PB)', async () => {
    expect(await protobuf('{}')).toMatchObject({ type: 'error', code: 'bad_frame' });
  });
});
