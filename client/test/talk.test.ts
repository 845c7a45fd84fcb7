import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Message } from '../../protocol/frames.ts';
import { EACH_TURN } from '../../test/setup/patience.ts';
import {
  type ChangedEvent,
  editMessage,
  type Gap,
  MessageView,
  messageAt,
  pinMessage,
  pinnedMessages,
  reactTo,
  type TypingEvent,
} from '../src/index.ts';
import { message, oldMessage, recallPush } from './support/builders.ts';
import { fullDelays, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const DM = 'dm:alice:bob';
const hi = { type: 'text', text: 'hi' } as const;

/** Resolves at the conversation's next event of this name. */
const once = <T>(on: (listener: (event: T) => void) => void): Promise<T> =>
  new Promise((resolve) => on(resolve));

describe('a message that answers another and mentions users (IM-REPLY)', () => {
  it('has both in each attempt, in every state, and in the list, whatever the program does with its array', async () => {
    const { im, server, clock, connected } = await harness(fullDelays);
    const connection = await connected();
    server.history.push(oldMessage(1));
    const bob = im.direct('bob');
    const view = new MessageView(bob);
    onTestFinished(() => view.close());
    const busy = { type: 'error', code: 'unavailable', message: 'busy', retryable: true };
    server.scripts.set('sendMessage', ({ id }) => ({ ...busy, id }));
    const mentions = ['carol', 'dave'];
    const own = bob.send(hi, { replyTo: 1, mentions });
    mentions.pop();
    const refers = { replyTo: 1, mentions: ['carol', 'dave'] };
    expect(own).toMatchObject({ state: 'pending', ...refers });
    expect(await connection.next('sendMessage')).toMatchObject(refers);
    await vi.waitFor(() => expect(clock.pendingMs).toContain(500), EACH_TURN);
    server.scripts.clear();
    clock.advance(500);
    expect(await connection.next('sendMessage')).toMatchObject({ ...refers, resend: true });
    await own.acked;
    expect(own).toMatchObject({ state: 'sent', ...refers });
    expect(im.conversations()?.[0]?.lastMessage).toMatchObject(refers);
    await view.reload();
    expect(view.snapshot.messages.at(-1)).toMatchObject({ seq: 2, ...refers });
  });

  it('is read by its seq alone', async () => {
    const { im, server, connected } = await harness();
    server.history.push(oldMessage(1), oldMessage(2), oldMessage(4));
    await connected();
    const bob = im.direct('bob');
    expect(await messageAt(bob, 2)).toMatchObject({ seq: 2, key: 'bob:c2' });
    expect(await messageAt(bob, 3)).toBeUndefined();
    expect(server.requests.at(-1)).toBe('/conversations/dm%3Aalice%3Abob/messages?before=4&limit=1');
  });
});

describe('read receipts', () => {
  it('change own messages to read when another user has read them, and never back', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const bob = im.direct('bob');
    const [one, two] = [bob.send(hi), bob.send(hi)];
    await two.acked;
    const read = once<{ userId: string; seq: number }>((listener) => bob.on('read', listener));
    connection.send({ type: 'read', conversationId: DM, userId: 'bob', seq: 1 });
    expect(await read).toEqual({ userId: 'bob', seq: 1 });
    expect([one.state, two.state]).toEqual(['read', 'sent']);
    const further = once((listener) => bob.on('read', listener));
    connection.send({ type: 'read', conversationId: DM, userId: 'bob', seq: 0 });
    connection.send({ type: 'read', conversationId: DM, userId: 'bob', seq: 2 });
    expect(await further).toEqual({ userId: 'bob', seq: 2 });
    expect(two.state).toBe('read');
    expect((await bob.history()).messages.map(({ state }) => state)).toEqual(['read', 'read']);
  });

  it('send the highest seq to the server, one at a time', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    for (const seq of [3, 4, 7, 5]) im.direct('bob').markRead(seq);
    expect(await connection.next('read')).toMatchObject({ to: 'bob', seq: 3 });
    expect(await connection.next('read')).toMatchObject({ to: 'bob', seq: 7 });
    await settle();
    expect(connection.frames.filter(({ action }) => action === 'read')).toHaveLength(2);
  });

  it('are sent on the next session if there was no connection or it was lost', async () => {
    const { im, server, clock, connected, entered } = await harness(fullDelays);
    im.direct('bob').markRead(2);
    const first = await connected();
    await first.next('read');
    server.scripts.set('read', () => undefined);
    im.direct('bob').markRead(5);
    await first.next('read');
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    server.scripts.clear();
    clock.advance(500);
    const second = await server.nextConnection();
    expect(await second.next('read')).toMatchObject({ seq: 5 });
  });

  it('are retried only if the server’s error is retryable', async () => {
    const { im, server, clock, connected } = await harness(fullDelays);
    const connection = await connected();
    const error = (code: string, retryable: boolean) => (frame: { id: string }) => ({
      type: 'error',
      id: frame.id,
      code,
      message: code,
      retryable,
    });
    server.scripts.set('read', error('unavailable', true));
    im.direct('bob').markRead(1);
    await connection.next('read');
    server.scripts.set('read', error('invalid_request', false));
    await untilPending(clock, 500);
    clock.advance(500);
    await connection.next('read');
    im.direct('bob').markRead(1);
    await settle();
    expect(connection.frames.filter(({ action }) => action === 'read')).toHaveLength(2);
  });
});

async function untilPending(clock: { pendingMs: number[] }, delayMs: number): Promise<void> {
  for (let round = 0; round < 1_000 && !clock.pendingMs.includes(delayMs); round++) await settle();
}

describe('editMessage', () => {
  it('replaces the content once the server has accepted, with the id of the edit (IM-EDIT)', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const bob = im.direct('bob');
    const { seq } = await bob.send(hi).acked;
    const changed = once((listener) => bob.on('changed', listener));
    const content = { type: 'text', text: 'hello' } as const;
    await editMessage(bob, seq, content, { editId: 'e1', ifRev: 0 });
    expect(await connection.next('edit')).toMatchObject({ to: 'bob', seq, editId: 'e1', ifRev: 0, content });
    expect(await changed).toMatchObject({
      change: { kind: 'edited', by: 'alice' },
      message: { content, rev: 1 },
    });
    expect((await bob.history()).messages).toMatchObject([{ content, editedAt: expect.any(Number) }]);
  });

  it('refuses content that would close the connection (IM-FRAME-5)', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const content = { type: 'text', text: 'x'.repeat(16_384) } as const;
    const editing = editMessage(im.direct('bob'), 1, content);
    await expect(editing).rejects.toMatchObject({ code: 'payload_too_large', retryable: false });
    await im.presence([]);
    await im.presence(['bob']);
    expect(connection.frames.some(({ action }) => action === 'edit')).toBe(false);
  });

  it('rejects without a connection', async () => {
    const { im } = await harness();
    const editing = editMessage(im.direct('bob'), 1, hi);
    await expect(editing).rejects.toMatchObject({ code: 'disconnected' });
  });
});

describe('recall', () => {
  it('recalls the message locally once the server has accepted', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const bob = im.direct('bob');
    const { seq } = await bob.send(hi).acked;
    const events: ChangedEvent[] = [];
    bob.on('changed', (event) => events.push(event));
    await bob.recall(seq);
    expect(await connection.next('recall')).toMatchObject({ to: 'bob', seq: 1 });
    expect(events).toMatchObject([
      { change: { kind: 'recalled', by: 'alice' }, message: { seq: 1, rev: 1 } },
    ]);
    expect((await bob.history()).messages[0]?.content).toMatchObject({ type: 'recalled', by: 'alice' });
  });

  it('overrides the message, whichever arrives first', async () => {
    const { im, connected, heard, heardCount } = await harness();
    const connection = await connected();
    connection.send(recallPush(1, 'bob', 9));
    connection.push(message(1), message(2));
    await heardCount(2);
    expect(heard.map(({ content }) => content.type)).toEqual(['recalled', 'text']);
    const again = once((listener) => im.direct('bob').on('changed', listener));
    connection.send(recallPush(1, 'bob', 9));
    connection.send(recallPush(2, 'bob', 10));
    expect(await again).toMatchObject({ message: { seq: 2, content: { by: 'bob', at: 10 } } });
  });

  it('rejects with the server’s reason, and without a connection', async () => {
    const { im, server, connected } = await harness();
    await expect(im.direct('bob').recall(1)).rejects.toMatchObject({ code: 'disconnected' });
    await connected();
    server.scripts.set('recall', ({ id }) => ({
      type: 'error',
      id,
      code: 'recall_window_passed',
      message: 'too late',
      retryable: false,
    }));
    await expect(im.direct('bob').recall(1)).rejects.toMatchObject({ code: 'recall_window_passed' });
  });
});

describe('reactions and pins', () => {
  const reply =
    (parts: Partial<Message>) =>
    ({ id }: { id: string }) => ({ type: 'message', id, message: message(1, parts) });

  it('reactTo resolves when it is stored, and is an event like a push (IM-REACT)', async () => {
    const { im, server, connected } = await harness();
    const bob = im.direct('bob');
    await expect(reactTo(bob, 1, '👍')).rejects.toMatchObject({ code: 'disconnected' });
    const connection = await connected();
    const reactions = [{ name: '👍', count: 1, users: ['alice'], mine: true as const }];
    server.scripts.set('react', reply({ rev: 1, reactions }));
    const changed = once((listener) => bob.on('changed', listener));
    await reactTo(bob, 1, '👍');
    expect(await connection.next('react')).toMatchObject({ to: 'bob', seq: 1, name: '👍', on: true });
    const change = { kind: 'reacted', by: 'alice', name: '👍', on: true };
    expect(await changed).toMatchObject({ change, message: { seq: 1, reactions } });
    await reactTo(bob, 1, '👍', false);
    expect(await connection.next('react')).toMatchObject({ on: false });
  });

  it("pinMessage and pinnedMessages show the server's state (IM-PIN)", async () => {
    const { im, server, connected } = await harness();
    const bob = im.direct('bob');
    const connection = await connected();
    const pinned = { by: 'alice', at: 7 };
    server.scripts.set('pin', reply({ rev: 1, pinned }));
    const changed = once((listener) => bob.on('changed', listener));
    await pinMessage(bob, 1);
    expect(await connection.next('pin')).toMatchObject({ to: 'bob', seq: 1, on: true });
    expect(await changed).toMatchObject({ change: { kind: 'pinned', by: 'alice' }, message: { pinned } });
    const body = { messages: [message(3, { rev: 1, pinned }), message(1, { rev: 1, pinned })] };
    server.httpAnswers.set('/conversations/dm:alice:bob/pins', { status: 200, body });
    expect((await pinnedMessages(bob)).map(({ seq }) => seq)).toEqual([3, 1]);
    // An older copy does not replace a newer one.
    connection.send({
      type: 'changed',
      conversationId: 'dm:alice:bob',
      change: { kind: 'unpinned', by: 'bob' },
      message: message(3, { rev: 2 }),
    });
    await once((listener) => bob.on('changed', listener));
    expect((await pinnedMessages(bob)).map(({ seq }) => seq)).toEqual([1]);
  });
});

describe('typing', () => {
  it('is sent at most once in three seconds, and its end at once', async () => {
    const { im, clock, connected } = await harness();
    im.direct('bob').typing();
    const connection = await connected();
    const bob = im.direct('bob');
    bob.typing(false);
    for (const waitMs of [0, 1_000, 1_999, 1]) {
      clock.advance(waitMs);
      bob.typing();
    }
    bob.typing(false);
    bob.typing(false);
    bob.typing();
    await bob.send(hi).acked;
    bob.typing();
    await im.presence([]);
    await bob.presence();
    const told = connection.frames.filter(({ action }) => action === 'typing');
    expect(told.map(({ typing }) => typing)).toEqual([true, true, false, true, true]);
    expect(told[0]).not.toHaveProperty('id');
  });

  it('ends with a frame, with a message, or after six seconds of silence', async () => {
    const { im, clock, connected, heardCount } = await harness();
    const connection = await connected();
    const bob = im.direct('bob');
    const events: TypingEvent[] = [];
    bob.on('typing', (event) => events.push(event));
    const types = async (typing: boolean): Promise<void> => {
      connection.send({ type: 'typing', conversationId: DM, userId: 'bob', typing });
      const probe = once((listener) => bob.on('read', listener));
      connection.send({ type: 'read', conversationId: DM, userId: 'alice', seq: 1 });
      await probe;
    };
    await types(true);
    await types(true);
    expect(bob.typingUsers).toEqual(['bob']);
    expect(bob.typingUsers).toBe(bob.typingUsers);
    await types(false);
    await types(true);
    connection.push(message(1));
    await heardCount(1);
    expect(bob.typingUsers).toEqual([]);
    // The message has overtaken it.
    clock.advance(499);
    await types(true);
    expect(bob.typingUsers).toEqual([]);
    clock.advance(1);
    await types(true);
    clock.advance(5_999);
    expect(bob.typingUsers).toEqual(['bob']);
    clock.advance(1);
    expect(bob.typingUsers).toEqual([]);
    expect(events.map(({ typing }) => typing)).toEqual([true, false, true, false, true, false]);
  });
});

describe('presence', () => {
  it('is requested for a hundred users at a time', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const users = await im.presence(['bob', ...Array.from({ length: 149 }, (_, n) => `u${n}`)]);
    expect(users).toHaveLength(150);
    expect(users[0]).toEqual({ userId: 'bob', online: true, lastSeenAt: null });
    const asked = connection.frames.filter(({ action }) => action === 'presence');
    expect(asked.map(({ userIds }) => userIds?.length)).toEqual([100, 50]);
  });

  it('rejects without a connection', async () => {
    const { im } = await harness();
    await expect(im.presence(['bob'])).rejects.toMatchObject({ code: 'disconnected', retryable: true });
    await expect(im.direct('bob').presence()).rejects.toMatchObject({ code: 'disconnected' });
  });
});

describe('a gap', () => {
  it('is emitted before the messages above it, and again when it is filled', async () => {
    const { im, server, clock, connected, heard, heardCount } = await harness();
    server.history.push(oldMessage(1));
    const connection = await connected();
    const gaps: Gap[] = [];
    im.direct('bob').on('gap', (gap) => gaps.push(gap));
    server.history.push(message(4));
    connection.push(message(4));
    await untilPending(clock, 1_000);
    clock.advance(1_000);
    await heardCount(1);
    expect(gaps).toEqual([{ from: 2, to: 3, state: 'open' }]);
    expect(im.direct('bob').gaps).toEqual(gaps);
    connection.push(message(3), message(2));
    await heardCount(3);
    expect(heard.map(({ seq }) => seq)).toEqual([4, 3, 2]);
    expect(gaps.at(-1)).toEqual({ from: 2, to: 3, state: 'filled' });
    expect(im.direct('bob').gaps).toEqual([]);
  });
});

describe('groups (IM-GROUP)', () => {
  it('are created and changed over HTTP with a JSON body', async () => {
    const { im, server } = await harness();
    const id = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const group = { conversationId: id, name: 'Rowers', admins: ['alice'], memberCount: 2 };
    server.httpAnswers.set(`/groups/${id}/reads`, { status: 200, body: { reads: [], cursor: null } });
    server.httpAnswers.set('/groups', { status: 201, body: group });
    expect(await im.groups.create({ name: 'Rowers', members: ['bob'] })).toEqual(group);
    expect(await im.groups.get(id)).toEqual(group);
    await im.groups.update(id, { name: 'Scullers' });
    await im.groups.addMembers(id, ['carol']);
    await im.groups.members(id);
    await im.groups.reads(id, 'cursor=');
    server.httpAnswers.set('/groups', { status: 204, body: '' });
    await im.groups.removeMember(id, 'car@ol');
    await im.groups.leave(id);
    const path = `/groups/${encodeURIComponent(id)}`;
    expect(server.calls).toEqual([
      ['POST', '/groups', { name: 'Rowers', members: ['bob'] }],
      ['GET', path, undefined],
      ['PATCH', path, { name: 'Scullers' }],
      ['POST', `${path}/members`, { members: ['carol'] }],
      ['GET', `${path}/members`, undefined],
      ['GET', `${path}/reads?cursor=cursor%3D`, undefined],
      ['DELETE', `${path}/members/car%40ol`, undefined],
      ['GET', '/session?deviceId=device', undefined],
      ['DELETE', `${path}/members/alice`, undefined],
    ]);
  });

  it('whose members have read show that in this user’s messages, also after a restart', async () => {
    const { im, server, connected } = await harness();
    const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    for (const seq of [1, 2]) server.history.push(message(seq, { conversationId, from: 'alice' }));
    const reads = [
      { userId: 'alice', joinedSeq: 1, seq: 2 },
      { userId: 'bob', joinedSeq: 1, seq: 1 },
    ];
    server.httpAnswers.set(`/groups/${conversationId}/reads`, {
      status: 200,
      body: { reads, cursor: null },
    });
    await connected();
    const view = new MessageView(im.conversation(conversationId));
    const states = () => view.snapshot.messages.map(({ state }) => state);
    await vi.waitFor(() => expect(states()).toEqual(['sent', 'sent']), EACH_TURN);
    await im.groups.reads(conversationId);
    expect(states()).toEqual(['read', 'sent']);
    view.close();
  });

  it('reject with the server’s error', async () => {
    const { im, server } = await harness();
    const body = { code: 'conflict', message: 'Name another admin first.', retryable: false };
    server.httpAnswers.set('/groups', { status: 409, body });
    await expect(im.groups.create({ name: 'x' })).rejects.toMatchObject({ code: 'conflict', status: 409 });
  });
});
