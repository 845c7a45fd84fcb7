import { beforeEach, describe, expect, it } from 'vitest';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createHttpHandler, type HttpEvent } from '../../../lambdas/transport/http.ts';
import { deskHttpAnswers, httpAnswers } from '../../../lambdas/transport/http-answers.ts';
import { tokens } from '../../adapters/memory/tokens.ts';
import { aSession, callerOf, createWorld, NOON, sayIn, type World } from '../../adapters/memory/world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

interface Parts {
  readonly query?: Record<string, string>;
  readonly path?: Record<string, string>;
  readonly body?: object;
  readonly userId?: string;
}

async function ask(routeKey: string, { query, path, body, userId = 'alice' }: Parts = {}) {
  const ports = { ...world, webSocketUrl: 'wss://chat.example' };
  const request = {
    routeKey,
    headers: { authorization: `Bearer ${userId}:${userId}` },
    queryStringParameters: query,
    pathParameters: path,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  } as unknown as HttpEvent;
  const answers = { ...httpAnswers(ports), ...deskHttpAnswers(ports) };
  const { statusCode, body: text } = await createHttpHandler(
    { ...world, tokens, allowedOrigins: [] },
    () => answers,
  )(request);
  return { status: statusCode, body: text === undefined ? undefined : JSON.parse(text) };
}

const say = (text: string, target: object) =>
  ask('POST /messages', { body: { clientMsgId: text, ...target, content: { type: 'text', text } } });
const seqs = ({ body }: Awaited<ReturnType<typeof ask>>) =>
  body.messages.map(({ seq }: { seq: number }) => seq);

describe('the HTTP API', () => {
  it("returns the caller's identity and the URL to connect to (IM-CONN-7)", async () => {
    expect(await ask('GET /session', { query: { deviceId: 'phone' } })).toEqual({
      status: 200,
      body: {
        userId: 'alice',
        wsUrl: 'wss://chat.example',
        serverTime: NOON,
        heartbeatIntervalMs: 480_000,
      },
    });
    expect(await ask('GET /session', { query: { deviceId: 'a b' } })).toMatchObject({ status: 400 });
  });

  it('sends messages, lists conversations, and pages history', async () => {
    expect(await say('one', { to: 'bob' })).toMatchObject({ status: 200, body: { seq: 1 } });
    for (const text of ['two', 'three']) await say(text, { to: 'bob' });
    const path = { conversationId: 'dm:alice:bob' };
    const history = (query: Record<string, string>) =>
      ask('GET /conversations/{conversationId}/messages', { path, query });
    expect(seqs(await history({}))).toEqual([1, 2, 3]);
    expect(seqs(await history({ after: '1' }))).toEqual([2, 3]);
    expect(seqs(await history({ before: '3' }))).toEqual([1, 2]);
    expect(seqs(await history({ limit: '1' }))).toEqual([3]);
    expect(await ask('GET /conversations')).toMatchObject({
      body: { conversations: [{ peer: 'bob', head: 3 }], cursor: null },
    });
    await say('four', { to: 'carol' });
    const { body: first } = await ask('GET /conversations', { query: { limit: '1' } });
    expect(first.conversations).toMatchObject([{ peer: 'bob' }]);
    const next = await ask('GET /conversations', { query: { cursor: first.cursor } });
    expect(next.body.conversations).toMatchObject([{ peer: 'carol' }]);
    const changed = await ask('GET /conversations', { query: { changedSince: String(NOON + 60_000) } });
    expect(changed.body.conversations).toEqual([]);
  });

  it('creates, shows, and changes groups, and ends memberships (IM-GROUP)', async () => {
    const created = await ask('POST /groups', { body: { name: 'Rowers', members: ['bob'] } });
    expect(created).toMatchObject({ status: 201, body: { memberCount: 2 } });
    const id: string = created.body.conversationId;
    const path = { id };
    expect(await ask('GET /groups/{id}', { path })).toEqual({ status: 200, body: created.body });
    expect(await ask('PATCH /groups/{id}', { path, body: { name: 'Sailors' } })).toMatchObject({
      body: { name: 'Sailors' },
    });
    expect(await ask('POST /groups/{id}/members', { path, body: { members: ['carol'] } })).toMatchObject({
      body: { memberCount: 3 },
    });
    expect((await ask('GET /groups/{id}/members', { path })).body.members).toHaveLength(3);
    expect((await ask('GET /groups/{id}/reads', { path })).body.reads).toHaveLength(3);
    const remove = (userId: string) => ask('DELETE /groups/{id}/members/{userId}', { path: { id, userId } });
    expect(await remove('carol')).toEqual({ status: 204, body: undefined });
    expect(await remove('carol')).toMatchObject({ status: 404 });
    expect(await remove('a b')).toMatchObject({ status: 404 });
    for (const route of ['GET /groups/{id}/members', 'GET /groups/{id}/reads']) {
      expect(await ask(route, { path, query: { cursor: 'x' } })).toMatchObject({ status: 400 });
    }
  });

  it('edits, reacts to, pins, and recalls a message, and lists changes and pins (IM-EDIT, IM-REACT, IM-PIN)', async () => {
    await say('one', { to: 'bob' });
    const conversationId = 'dm:alice:bob';
    const path = { conversationId, seq: '1' };
    const of = '/conversations/{conversationId}';
    const listed = async (what: string) =>
      (await ask(`GET ${of}/${what}`, { path: { conversationId } })).body;
    const content = { type: 'text', text: 'two' };
    const edited = await ask(`PATCH ${of}/messages/{seq}`, { path, body: { editId: 'e1', content } });
    expect(edited).toMatchObject({ status: 200, body: { seq: 1, content, rev: 1 } });

    const react = (method: string, more: Partial<Parts> = {}) =>
      ask(`${method} ${of}/messages/{seq}/reactions/{name}`, { path: { ...path, name: '👍' }, ...more });
    const reactions = [expect.objectContaining({ name: '👍', count: 1, users: ['alice'] })];
    expect((await react('PUT')).body).toMatchObject({ reactions });
    expect((await react('DELETE', { userId: 'bob' })).body).toMatchObject({ reactions });
    expect((await react('DELETE')).body).not.toHaveProperty('reactions');
    expect(await react('PUT', { path: { ...path, name: 'a b' } })).toMatchObject({ status: 400 });

    const pin = (method: string) => ask(`${method} ${of}/messages/{seq}/pin`, { path });
    expect(await pin('PUT')).toMatchObject({ status: 200, body: { seq: 1 } });
    expect((await listed('pins')).messages).toMatchObject([{ seq: 1, pinned: { by: 'alice' } }]);
    await pin('DELETE');
    expect((await listed('pins')).messages).toEqual([]);

    const changes = (query: Record<string, string>) =>
      ask(`GET ${of}/changes`, { path: { conversationId }, query });
    world.advance(60_000);
    expect(seqs(await changes({ since: String(NOON) }))).toEqual([1]);
    expect(seqs(await changes({ since: String(NOON + 60_000) }))).toEqual([]);
    expect(await changes({ since: String(NOON), cursor: 'x' })).toMatchObject({ status: 400 });

    const recall = (seq: string) => ask(`DELETE ${of}/messages/{seq}`, { path: { conversationId, seq } });
    const read: unknown[] = [];
    const { messages } = world;
    const page: typeof messages.page = (...range) => {
      read.push(range);
      return messages.page(...range);
    };
    world = { ...world, messages: { ...messages, page } };
    for (const seq of ['0', '1x', 'x1', '', '1'.repeat(16)])
      expect(await recall(seq)).toMatchObject({ status: 404 });
    expect(read).toEqual([]);
    expect((await recall('1')).body).toMatchObject({ content: { type: 'recalled', by: 'alice' } });
    expect(await ask(`DELETE ${of}/messages/{seq}`)).toMatchObject({ status: 404 });
    for (let n = 2; n <= 12; n += 1) await say(`${n}`, { to: 'bob' });
    expect((await recall('12')).body).toMatchObject({ seq: 12, content: { type: 'recalled' } });
  });

  it('asks no table for a member whose id is longer than any key', async () => {
    const created = await ask('POST /groups', { body: { name: 'Rowers', members: ['bob'] } });
    const asked: string[] = [];
    const { groups } = world;
    const getMembers: typeof groups.getMembers = (conversationId, userIds) => {
      asked.push(...userIds);
      return groups.getMembers(conversationId, userIds);
    };
    world = { ...world, groups: { ...groups, getMembers } };
    const path = { id: created.body.conversationId, userId: 'x'.repeat(3_000) };
    expect(await ask('DELETE /groups/{id}/members/{userId}', { path })).toMatchObject({ status: 404 });
    expect(asked).toEqual([]);
  });

  it('refuses an empty conversation name', async () => {
    const body = { name: 'x', members: ['bob'] };
    for (const route of ['GET /groups/{id}', 'GET /groups/{id}/members', 'GET /groups/{id}/reads']) {
      expect(await ask(route)).toMatchObject({ status: 400, body: { issues: [{ path: 'conversationId' }] } });
    }
    for (const route of ['PATCH /groups/{id}', 'POST /groups/{id}/members']) {
      expect(await ask(route, { body })).toMatchObject({ status: 400 });
    }
    expect(await ask('GET /conversations/{conversationId}/messages')).toMatchObject({ status: 400 });
  });

  it('keeps profiles, contacts, and blocks, each for its user (IM-PROFILE-1, IM-CONTACT-1, IM-BLOCK-1)', async () => {
    const profile = await ask('PUT /profile', { body: { name: 'Alice' } });
    expect(profile).toEqual({ status: 200, body: { userId: 'alice', name: 'Alice', version: 1 } });
    const profiles = await ask('GET /profiles', { query: { userIds: 'zoe,alice' }, userId: 'bob' });
    expect(profiles).toEqual({ status: 200, body: { profiles: [profile.body] } });

    const path = { userId: 'bob' };
    const contact = await ask('PUT /contacts/{userId}', { path, body: { alias: 'Bobby', favorite: true } });
    expect(contact).toEqual({ status: 200, body: { userId: 'bob', alias: 'Bobby', favorite: true } });
    const contacts = async () => (await ask('GET /contacts')).body;
    expect(await contacts()).toEqual({ contacts: [contact.body], cursor: null });
    expect(await ask('DELETE /contacts/{userId}', { path })).toEqual({ status: 204, body: undefined });
    expect(await contacts()).toEqual({ contacts: [], cursor: null });

    const blocks = async () => (await ask('GET /blocks')).body;
    expect(await ask('PUT /blocks/{userId}', { path })).toEqual({ status: 204, body: undefined });
    expect(await blocks()).toEqual({ blocks: [{ userId: 'bob', at: NOON }], cursor: null });
    expect(await ask('DELETE /blocks/{userId}', { path })).toEqual({ status: 204, body: undefined });
    expect(await blocks()).toEqual({ blocks: [], cursor: null });

    const bad = { path: { userId: 'a b' } };
    const routes = ['contacts', 'blocks'].flatMap((list) => [`PUT /${list}`, `DELETE /${list}`]);
    for (const route of routes)
      expect(await ask(`${route}/{userId}`, { ...bad, body: {} })).toMatchObject({
        status: 400,
        body: { issues: [{ path: 'userId' }] },
      });
    expect(await ask('GET /profiles', { query: { userIds: 'a b' } })).toMatchObject({ status: 400 });
    for (const route of ['GET /contacts', 'GET /blocks'])
      expect(await ask(route, { query: { cursor: 'x' } })).toMatchObject({ status: 400 });
  });

  it('changes the settings of a conversation, and takes reports (IM-SETTINGS-1, IM-REPORT-1)', async () => {
    await say('one', { to: 'bob' });
    const conversationId = 'dm:alice:bob';
    const set = (body: object, path: Record<string, string> = {}) =>
      ask('PATCH /conversations/{conversationId}', { path, body });
    const changed = { status: 200, body: { conversationId, settings: { pinned: true } } };
    expect(await set({ pinned: true }, { conversationId })).toEqual(changed);
    expect(await set({ pinned: 1 }, { conversationId })).toMatchObject({ status: 400 });
    expect(await set({ pinned: true })).toMatchObject({ body: { issues: [{ path: 'conversationId' }] } });

    const report = (body: object, userId = 'bob') => ask('POST /reports', { body, userId });
    const spam = { conversationId, seq: 1, reason: 'It is spam' };
    expect(await report(spam)).toEqual({ status: 202, body: undefined });
    expect(world.reportWriter.kept).toMatchObject([{ reporter: 'bob', reason: 'It is spam' }]);
    expect(await report(spam, 'carol')).toMatchObject({ status: 404 });
    expect(await report({ ...spam, reason: undefined })).toMatchObject({ status: 400 });
    await world.routes.connect(aSession({ userId: 'bob' }));
    const { conversationId: chat } = await openChat(world, callerOf('bob'), {});
    await sayIn(world, 'help', { conversationId: chat }, 'bob');
    const ofChat = { ...spam, conversationId: chat };
    expect(await report(ofChat, 'supervisor')).toMatchObject({ status: 202 });
    expect(await report(ofChat, 'agent')).toMatchObject({ status: 404 });
  });

  it('shows chats and queues to users with the role (IM-DESK, IM-ROLE)', async () => {
    expect(await ask('GET /desk/chats', { userId: 'agent' })).toMatchObject({ body: { chats: [] } });
    expect(await ask('GET /desk/chats', { userId: 'agent', query: { state: 'other' } })).toMatchObject({
      status: 400,
    });
    expect(await ask('GET /desk/chats')).toMatchObject({ status: 403 });
    expect((await ask('GET /desk/queues', { userId: 'supervisor' })).body.queues).toHaveLength(2);
    expect(await ask('GET /desk/queues', { userId: 'agent' })).toMatchObject({ status: 403 });
    for (const route of ['GET /desk/me', 'GET /desk/agents']) {
      for (const userId of ['agent', 'supervisor'])
        expect(await ask(route, { userId })).toMatchObject({ status: 200 });
      expect(await ask(route)).toMatchObject({ status: 403 });
    }
  });
});
