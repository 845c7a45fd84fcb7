import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WATCHDOG_SECONDS } from '../../lambdas/domain/delivery/outbox.ts';
import { assigned, deskEnvironment, deskOf, newQueue, openChat } from './setup/desk.ts';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/**
 * An eventually consistent read may miss what was written in the last second. Here it misses everything since the
 * replica was held: each test shows what one of the adapters' strong reads is for, and fails without it.
 */
const proxy = createTestProxy();
let stack: Stack;
let release = () => {};
const { call, send, newGroup, historyOf: groupHistory } = groupsOf(() => stack);
const desk = deskOf(() => stack);

beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    environment: deskEnvironment(),
    // Chats wait in the order of the servers' clocks.
    clockOffsetMs: () => 0,
    onWarning: () => undefined,
  });
});
afterAll(() => stack?.stop());
beforeEach(async () => {
  release = await proxy.holdReplica();
});
afterEach(() => release());

describe('a write of a moment ago', () => {
  it('is read by a frame: the session that has just opened (IM-HELLO-1)', async () => {
    const socket = await stack.open(newUser('alice'));
    expect(await socket.request({ action: 'hello' })).toMatchObject({ type: 'welcome' });
  });

  it('is read by a sender: the session that the receiver has just opened (IM-PUSH-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    expect(await alice.request(sending(b, 'hi'))).toMatchObject({ type: 'sent' });
    expect(await bob.message('hi')).toMatchObject({ seq: 1 });
  });

  it('is read by the sender to a group: the member who has just joined (IM-PUSH-2)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b]);
    const [alice, carol] = [await stack.join(a), await stack.join(c)];
    release();
    release = await proxy.holdReplica();
    expect((await call(a, 'POST', `/groups/${id}/members`, { members: [c] })).status).toBe(200);
    expect(await say(alice, id, 'hi')).toMatchObject({ type: 'sent' });
    expect(await carol.message('hi')).toMatchObject({ seq: 3 });
  });

  it('is read by a watchdog job: the change whose function died before its delivery (IM-PUSH-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const bob = await stack.join(b);
    release();
    release = await proxy.holdReplica();
    const route = 'PATCH /groups/{id}';
    const renaming = proxy.setBreakpoint({ route, operation: 'TransactWriteItems', when: 'after' });
    const renamed = call(a, 'PATCH', `/groups/${id}`, { name: 'Sailors' });
    await renaming.reached;
    renaming.fail('kill-after');
    expect((await renamed).status).toBe(500);
    stack.advanceQueues(WATCHDOG_SECONDS);
    await bob.frame(isSystem('renamed'));
  });

  it('is read by a session that opens: the inbox (IM-PUSH-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await (await stack.join(a)).request(sending(b, 'hi'));
    await stack.inboxHolds(b, 1);
    const { inbox } = await (await stack.open(b)).request({ action: 'hello' });
    expect(inbox.messages).toMatchObject([{ content: { text: 'hi' } }]);
  });

  it('is read by a page of history: the message that was just acknowledged (IM-INV-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await (await stack.join(a)).request(sending(b, 'hi'));
    expect(await historyOf(stack, b, a)).toMatchObject([{ content: { text: 'hi' } }]);
  });

  it('is read with a read cursor: the head that it must not pass (IM-INV-6)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const { conversationId, seq } = await alice.request(sending(b, 'hi'));
    expect(await bob.request({ action: 'read', conversationId, seq })).toMatchObject({ type: 'ok' });
  });

  it('is read by the list of conversations: a new conversation (IM-HELLO-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const { conversationId } = await (await stack.join(a)).request(sending(b, 'hi'));
    const { body } = await stack.http(b, '/conversations');
    expect(body.conversations).toMatchObject([{ conversationId, head: 1, unread: 1 }]);
  });

  it('is read by a reader: the removal of the reader from the group (IM-INV-5)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    expect((await groupHistory(b, id)).status).toBe(200);
    release();
    release = await proxy.holdReplica();
    expect((await send(a, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
    expect((await groupHistory(b, id)).status).toBe(404);
  });
});

describe('what a user has just saved', () => {
  it('is read by another of their devices: profile and contacts (IM-PROFILE-2, IM-CONTACT-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await call(a, 'PUT', '/profile', { name: 'Alice' });
    expect((await stack.http(a, `/profiles?userIds=${b},${a}`)).body.profiles).toMatchObject([{ userId: a }]);
    await call(a, 'PUT', `/contacts/${b}`, {});
    expect((await stack.http(a, '/contacts')).body.contacts).toEqual([{ userId: b }]);
  });

  it('is kept by the next change: the settings of a conversation (IM-SETTINGS-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const { conversationId } = await (await stack.join(b)).request(sending(a, 'hi'));
    const change = (settings: object) =>
      call(a, 'PATCH', `/conversations/${encodeURIComponent(conversationId)}`, settings);
    await change({ archived: true, muted: true });
    await (await stack.join(b)).request(sending(a, 'quiet'));
    const settings = { archived: true, muted: true, pinned: true };
    expect((await change({ pinned: true })).body).toEqual({ conversationId, settings });
    expect((await stack.http(a, '/conversations')).body.conversations).toMatchObject([{ settings }]);
  });
});

describe('at the desk, a write of a moment ago', () => {
  it('is read by a customer who opens a chat again: the open one (IM-DESK-1)', async () => {
    const [queue, eve] = [newQueue(), await desk.customer()];
    const { conversationId } = await openChat(eve, queue);
    expect(await openChat(eve, queue)).toMatchObject({ conversationId });
  });

  it('is read by the next customer: the chats that wait before theirs (IM-DESK-6)', async () => {
    const [queue, eve, dan] = [newQueue(), await desk.customer(), await desk.customer()];
    expect(await openChat(eve, queue)).toMatchObject({ position: 1 });
    expect(await openChat(dan, queue)).toMatchObject({ position: 2 });
  });

  it('is read by the worker that matches: the chat and the agent (IM-DESK-2)', async () => {
    const [queue, eve] = [newQueue(), await desk.customer()];
    const ann = await desk.readyAgent(queue);
    const { conversationId } = await openChat(eve, queue);
    expect(await assigned(eve, conversationId)).toMatchObject({ agent: { userId: ann.user } });
  });
});
