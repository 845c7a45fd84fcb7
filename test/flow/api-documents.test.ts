/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTIONS } from '../../protocol/actions.ts';
import { contract, watchFetch } from '../api/contract.ts';
import { readAsyncApi, readOpenApi } from '../api/documents.ts';
import { type PushService, startPushService } from '../fixtures/push/push-service.ts';
import { asAdmin } from './setup/admin.ts';
import { assigned, deskEnvironment, deskOf, newQueue, openChat, updated } from './setup/desk.ts';
import { filesOn, sendingFiles } from './setup/files.ts';
import { groupsOf } from './setup/groups.ts';
import { uploadImport } from './setup/imports.ts';
import type { Json } from './setup/json.ts';
import { sending, sendServiceEvent, textContent } from './setup/sends.ts';
import type { SocketOptions, TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { type Subscriber, subscribeTo } from './setup/subscriber.ts';
import { untilTask } from './setup/tasks.ts';

/** Every route and action of a stack with all its parts, once: what it answers must be what docs/api says (IM-FRAME-1, IM-EVENT-2). */
const seen = contract();
const sockets: TestSocket[] = [];
let stack: Stack;
let events: Subscriber;
let service: PushService;
let unwatch: () => void;
beforeAll(async () => {
  service = await startPushService();
  // Undefined: with these options the app has a template of its own.
  stack = await startStack({
    cdkOut: undefined as never,
    context: { webPushSubject: 'mailto:ops@example.com', events: 'true' },
    environment: deskEnvironment(),
  });
  const join = stack.join;
  stack.join = async (user: string, options?: Partial<SocketOptions>) => {
    const socket = await join(user, options);
    sockets.push(socket);
    return socket;
  };
  events = await subscribeTo(stack);
  unwatch = watchFetch(seen, stack.httpUrl);
});
afterAll(async () => {
  unwatch?.();
  events?.stop();
  await stack?.stop();
  await service?.stop();
});

const { newGroup, send } = groupsOf(() => stack);
const desk = deskOf(() => stack);
const files = filesOn(() => stack);
const operator = (route: string, body?: object) => patiently(() => asAdmin(stack, route, body));
const encoded = encodeURIComponent;

/** A busy machine makes functions slow, and the server then says that a repeat may help (IM-SEND-1). */
async function patiently<Answer extends { readonly status: number }>(
  ask: () => Promise<Answer>,
): Promise<Answer> {
  let answer = await ask();
  for (let repeat = 0; repeat < 5 && answer.status >= 500; repeat += 1) answer = await ask();
  return answer;
}

/** A request whose answer has any body, or none. */
async function call(user: string, method: string, path: string, body?: object): Promise<Json> {
  const { status, text } = await patiently(async () => {
    const response = await fetch(stack.httpUrl + path, {
      method,
      headers: { authorization: `Bearer ${await stack.token(user)}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  });
  expect(status, `${method} ${path}: ${text}`).toBeLessThan(300);
  return text === '' ? undefined : JSON.parse(text);
}

describe('the API answers as docs/api says', () => {
  it('about a direct conversation', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    await call(a, 'GET', '/session?deviceId=phone');
    await alice.request(sending(b, 'one', 'c1'));
    // Typing passes between users who have both written.
    await bob.request(sending(a, 'two', 'c0'));
    const { conversationId } = await call(a, 'POST', '/messages', {
      ...{ to: b, clientMsgId: 'c2', content: { type: 'custom', data: { n: 1 }, fallback: 'one' } },
      ...{ replyTo: 1, mentions: 'all' },
    });
    const chat = `/conversations/${encoded(conversationId)}`;
    await call(a, 'PATCH', `${chat}/messages/1`, { editId: 'e1', content: textContent('uno') });
    for (const method of ['PUT', 'DELETE']) {
      await call(b, method, `${chat}/messages/1/reactions/${encoded('👍')}`);
      await call(b, method, `${chat}/messages/1/pin`);
    }
    await call(b, 'PUT', `${chat}/messages/1/pin`);
    await call(b, 'GET', `${chat}/pins`);
    await call(b, 'GET', `${chat}/messages?limit=2`);
    await call(b, 'GET', `${chat}/changes?since=1`);
    await call(b, 'PATCH', chat, { muted: true, archived: true, pinned: true, notify: 'mentions' });
    await call(b, 'GET', '/conversations');
    await call(b, 'GET', '/conversations?changedSince=1');
    await call(b, 'POST', '/reports', { conversationId, seq: 1, reason: 'Spam' });
    const frames = [
      { action: 'heartbeat' },
      { action: 'renew', token: await stack.token(a) },
      { action: 'ackInbox', batch: 'none' },
      { action: 'edit', to: b, seq: 1, editId: 'e2', content: textContent('eins') },
      { action: 'react', to: b, seq: 1, name: '🎉', on: true },
      { action: 'pin', to: b, seq: 1, on: false },
      { action: 'presence', userIds: [b, 'nobody'] },
      { action: 'active', active: true },
      { action: 'nonsense' },
    ];
    for (const frame of frames) await alice.request(frame);
    await bob.request({ action: 'read', to: a, seq: 3 });
    await alice.request({ action: 'recall', to: b, seq: 1 });
    alice.send(JSON.stringify({ action: 'typing', to: b, typing: true }));
    alice.send(JSON.stringify({ action: 'live', to: b, liveId: 'l1', index: 0, content: textContent('so') }));
    await Promise.all([bob.frame(isA('typing')), bob.frame(isA('live')), alice.frame(isA('read'))]);
    await call(a, 'DELETE', `${chat}/messages/3`);
    await bob.frame(isA('changed'));
  });

  it('about an inbox, and a poll', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    await alice.request(sending(b, 'kept', 'c1'));
    await stack.inboxHolds(b, 1);
    const bob = await stack.open(b);
    sockets.push(bob);
    const { inbox } = await bob.request({ action: 'hello' });
    expect((await bob.request({ action: 'ackInbox', batch: inbox.batch })).type).toBe('inbox');
    await bob.close();
    await call(b, 'POST', '/poll', { deviceId: 'tablet', waitMs: 0 });
  });

  it('about a group', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b]);
    await call(a, 'GET', `/groups/${id}`);
    await call(a, 'PATCH', `/groups/${id}`, { name: 'Ship', slowModeSeconds: 5, posting: 'everyone' });
    await call(a, 'POST', `/groups/${id}/members`, { members: [c] });
    await call(a, 'GET', `/groups/${id}/members`);
    await call(a, 'GET', `/groups/${id}/reads`);
    await call(a, 'DELETE', `/groups/${id}/members/${c}`);
    await call(b, 'GET', '/conversations');
    await call(b, 'GET', `/conversations/${id}/messages`);
  });

  it('about people', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await call(a, 'PUT', '/profile', {
      ...{ name: 'Alice', avatar: 'https://pictures.example/a.webp', custom: { team: 1 } },
    });
    await call(b, 'GET', `/profiles?userIds=${a},${b}`);
    await call(a, 'PUT', `/contacts/${b}`, { alias: 'Bobby', favorite: true });
    await call(a, 'GET', '/contacts');
    await call(a, 'DELETE', `/contacts/${b}`);
    await call(a, 'PUT', `/blocks/${b}`);
    await call(a, 'GET', '/blocks');
    await call(a, 'DELETE', `/blocks/${b}`);
  });

  it('about files, and devices that get notifications', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const id = await files.upload(a, { to: b });
    const sent = await alice.request(sendingFiles(b, 'c1', id));
    const message = `conversations/${encoded(sent.conversationId)}/messages/${sent.seq}`;
    await call(b, 'GET', `/${message}/attachments`);
    expect((await operator(`DELETE /admin/${message}/attachments/${id}`)).status).toBe(200);
    await call(a, 'GET', '/push');
    const { subscription } = service.subscribe();
    await call(a, 'PUT', '/devices/laptop/push', { provider: 'webpush', subscription });
    expect((await operator(`GET /admin/users/${a}`)).body).toMatchObject({ pushDevices: 1 });
    await call(a, 'DELETE', '/devices/laptop/push');
  });

  it('at the desk', async () => {
    const queue = newQueue();
    const [customer, ann, ben] = [
      await desk.customer(),
      await desk.readyAgent(queue),
      await desk.readyAgent(queue),
    ];
    const { conversationId } = await openChat(customer, queue, { topic: 'My parcel' });
    const chat = await assigned(customer, conversationId);
    const [first, second] = chat.agent.userId === ann.user ? [ann, ben] : [ben, ann];
    const transfer = { action: 'desk.transfer', conversationId, to: second.user };
    expect((await first.socket.request(transfer)).type).toBe('desk.chat');
    for (const path of ['me', 'agents', 'chats?state=assigned', 'queues']) {
      const asked = () => desk.http(second.user, ['agent', 'supervisor'], `/desk/${path}`);
      expect((await patiently(asked)).status).toBe(200);
    }
    await customer.socket.request({ action: 'desk.close', conversationId, rating: 5 });
    await updated(second, conversationId, ({ state }) => state === 'closed');
    const other = await desk.customer();
    const { conversationId: next } = await openChat(other, queue, { topic: 'Another parcel' });
    const holder = (await assigned(other, next)).agent.userId === ann.user ? ann : ben;
    await holder.socket.request({ action: 'desk.transfer', conversationId: next, to: 'queue' });
    await second.socket.request({ action: 'desk.away' });
  });

  it('to the operator, and tells of it', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const message = { to: b, clientMsgId: 'c1', content: textContent('hi') };
    const { conversationId } = (await operator('POST /admin/messages', { from: a, ...message })).body;
    await operator('POST /admin/messages', { from: a, ...message, clientMsgId: 'c2' });
    const chat = `/admin/conversations/${encoded(conversationId)}`;
    await operator(`DELETE ${chat}/messages/1`);
    await operator(`POST ${chat}/messages/2/erase`);
    await operator(`PUT /admin/users/${b}/profile`, { name: 'Bob' });
    await operator(`PUT /admin/users/${b}/ban`, { until: Date.now() + 3_600_000, reason: 'ticket' });
    await operator(`GET /admin/users/${b}`);
    await expect(call(b, 'GET', '/conversations')).rejects.toThrow('banned');
    await operator(`DELETE /admin/users/${b}/ban`);
    const { conversationId: id } = (await operator('POST /admin/groups', { name: 'Crew', members: [a, b] }))
      .body;
    await operator(`GET /admin/groups/${id}`);
    await operator(`PATCH /admin/groups/${id}`, { name: 'Ship' });
    await operator(`POST /admin/groups/${id}/members`, { members: [newUser('carol')] });
    await operator(`DELETE /admin/groups/${id}/members/${b}`);
    const importId = await uploadImport(stack, '{}\n');
    await operator(`POST /admin/imports/${importId}/tasks`, { dryRun: true });
    await sendServiceEvent(stack, { type: 'message.send', from: 'system', ...message, to: a });
    await operator(`POST /admin/users/${a}/log-out`);
    await alice.frame(isA('session.closed'));
    const starts = [
      `POST /admin/users/${a}/export`,
      `DELETE /admin/users/${a}`,
      `DELETE /admin/groups/${id}`,
    ];
    for (const start of starts) await untilTask(stack, (await operator(start)).body.taskId);
    await operator('GET /admin/tasks/01M8G7ANDPMQ1Y9ZY667WWF1QF');
    await events.event(({ type }) => type === 'group.deleted');
  });

  it('and refuses as it says', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(b, []);
    const statuses = async (...requests: readonly Promise<{ status: number }>[]) =>
      (await Promise.all(requests)).map(({ status }) => status);
    const bad = { method: 'POST', body: '[]' };
    expect(
      await statuses(
        send(a, 'GET', `/groups/${id}`),
        send(a, 'GET', '/conversations?limit=0'),
        send(a, 'PUT', `/contacts/${a}`),
        stack.http(a, '/messages', bad),
        stack.http(a, '/desk/queues'),
        fetch(`${stack.httpUrl}/push`),
        fetch(`${stack.httpUrl}/admin/users/${a}`),
      ),
    ).toEqual([404, 400, 400, 400, 403, 401, 403]);
  });

  it('with nothing that the documents lack, in every operation, frame, and event', async () => {
    for (const frame of sockets.flatMap(({ frames }) => frames))
      if (frame.type) seen.message('socket', frame);
    for (const event of await events.all()) seen.message('events', event as { type: string });
    expect(seen.faults).toEqual([]);
    const operations = Object.values(readOpenApi().paths).flatMap((path) => Object.values(path));
    const unseen = operations.filter(
      ({ operationId, responses }) => !seen.answers.has(`${operationId} ${Object.keys(responses)[0]}`),
    );
    expect(unseen.map(({ operationId }) => operationId)).toEqual([]);
    const sent = Object.values(readAsyncApi().components.messages).map(({ name }) => name);
    const fromServer = sent.filter((name) => !Object.hasOwn(ACTIONS, name) && isSent(name));
    expect(fromServer.filter((name) => !seen.messages.has(name))).toEqual([]);
  });
});

const isA = (type: string) => (frame: Json) => frame.type === type;
/** Neither a text nor what the service queue takes. */
const isSent = (name: string) => !name.includes(' ') && !SERVICE.includes(name);
const SERVICE = ['message.send', 'message.edit', 'message.recall'];
