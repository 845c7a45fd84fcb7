import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import type { TestSocket } from './setup/socket.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

const { call, send, newGroup, historyOf } = groupsOf(() => stack);

const missing = { status: 404, body: expect.objectContaining({ code: 'not_found' }) };

describe('a group', () => {
  it('is created by its admin, and its members are notified at once and have it in their lists (IM-GROUP)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const bob = await stack.join(b);
    const { status, body } = await call(a, 'POST', '/groups', { name: '  Rowers ', members: [b, b, a] });
    expect(status).toBe(201);
    const id = body.conversationId;
    expect(body).toEqual({
      conversationId: expect.stringMatching(/^g:[0-9A-Z]{26}$/),
      name: 'Rowers',
      admins: [a],
      memberCount: 2,
      pins: 'admins',
      posting: 'everyone',
      slowModeSeconds: 0,
    });
    const { messages } = await bob.frame(isSystem('created'));
    const content = { type: 'system', event: 'created', users: [a, b], name: 'Rowers', by: a };
    expect(messages[0]).toMatchObject({ conversationId: id, seq: 1, from: a, content });
    const { body: list } = await stack.http(b, '/conversations');
    expect(list.conversations).toMatchObject([
      { conversationId: id, kind: 'group', name: 'Rowers', head: 1, unread: 1 },
    ]);
  });

  it('delivers messages to all members, online and offline, and to nobody else (IM-SEND-1, IM-INV-5)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    expect(await say(alice, id, 'hi')).toMatchObject({ type: 'sent', seq: 2, conversationId: id });
    expect(await bob.message('hi')).toMatchObject({ from: a, seq: 2 });
    await stack.inboxHolds(c, 2);
    const carol = await stack.open(c);
    const { inbox } = await carol.request({ action: 'hello' });
    // The consumer may not have read the routes yet: then it pushes the stored message and removes the entry.
    const seen = () =>
      [...new Set([...inbox.messages, ...carol.messages()].map(({ seq }: Json) => seq))].sort();
    await carol.frame(() => seen().length === 2);
    expect(seen()).toEqual([1, 2]);
    expect(alice.messages()).toEqual([]);
  });

  it('is not found by others: every request answers as for a missing group (IM-SEND-7, IM-REFUSE-4)', async () => {
    const [a, m] = [newUser('alice'), newUser('mallory')];
    const id = await newGroup(a, []);
    const absent = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const mallory = await stack.join(m);
    const answers = async (group: string) => {
      const socket = [
        { action: 'sendMessage', clientMsgId: 'c', content: { type: 'text', text: 'hi' } },
        { action: 'read', seq: 1 },
        { action: 'recall', seq: 1 },
        { action: 'presence' },
        { action: 'typing', typing: true },
        { action: 'live', liveId: 'm', index: 0, content: { type: 'text', text: 'hi' } },
      ];
      const frames = [];
      for (const frame of socket)
        frames.push({ ...(await mallory.request({ ...frame, conversationId: group })), id: '' });
      const http = [
        ['GET', `/conversations/${group}/messages`],
        ['GET', `/groups/${group}`],
        ['GET', `/groups/${group}/members`],
        ['GET', `/groups/${group}/reads`],
        ['PATCH', `/groups/${group}`, { name: 'Mine' }],
        ['POST', `/groups/${group}/members`, { members: [m] }],
        ['DELETE', `/groups/${group}/members/${m}`],
        ['PATCH', `/conversations/${group}`, { pinned: true }],
      ] as const;
      const bodies = [];
      for (const [method, path, body] of http) bodies.push(await call(m, method, path, body));
      return { frames, bodies };
    };
    const [real, none] = [await answers(id), await answers(absent)];
    expect(real).toEqual(none);
    expect(real.frames.map(({ code }) => code)).toEqual(Array(6).fill('not_found'));
    expect(real.bodies).toEqual(Array(8).fill(missing));
    expect((await stack.http(a, '/conversations')).body.conversations).toMatchObject([{ head: 1 }]);
  });

  it('shows a new member nothing from before the join, unless its history is open (IM-INV-5)', async () => {
    for (const openHistory of [false, true]) {
      const [a, b] = [newUser('alice'), newUser('bob')];
      const id = await newGroup(a, [], { openHistory });
      const alice = await stack.join(a);
      await say(alice, id, 'before');
      const bob = await stack.join(b);
      const { status, body } = await call(a, 'POST', `/groups/${id}/members`, { members: [b] });
      expect([status, body.memberCount]).toEqual([200, 2]);
      await bob.frame(isSystem('joined'));
      await say(alice, id, 'after');
      await bob.message('after');
      const seqs = (await historyOf(b, id)).body.messages.map(({ seq }: Json) => seq);
      expect(seqs).toEqual(openHistory ? [1, 2, 3, 4] : [3, 4]);
      expect((await historyOf(b, id, '?after=0&limit=1')).body.messages[0].seq).toBe(openHistory ? 1 : 3);
      expect((await stack.http(b, '/conversations')).body.conversations[0].unread).toBe(openHistory ? 4 : 2);
    }
  });

  it('pushes a removal with its seq to the removed member, who gets nothing after it (IM-GROUP, IM-INV-5)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    const [alice, bob, carol] = [await stack.join(a), await stack.join(b), await stack.join(c)];
    expect((await send(a, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
    await bob.frame(isSystem('removed'));
    await say(alice, id, 'without bob');
    await carol.message('without bob');
    expect(bob.messages().some(({ content }) => content.text === 'without bob')).toBe(false);
    expect(await historyOf(b, id)).toEqual(missing);
    expect(await say(bob, id, 'still here?')).toMatchObject({ code: 'not_found' });
    expect((await stack.http(b, '/conversations')).body.conversations).toEqual([]);
    expect((await call(a, 'GET', `/groups/${id}`)).body.memberCount).toBe(2);
  });

  it('is changed by admins only, and never loses its last admin (IM-GROUP)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const forbidden = { status: 403, body: { code: 'forbidden' } };
    expect(await call(b, 'PATCH', `/groups/${id}`, { name: 'Mine' })).toMatchObject(forbidden);
    expect(await call(b, 'POST', `/groups/${id}/members`, { members: ['x'] })).toMatchObject(forbidden);
    expect(await call(b, 'DELETE', `/groups/${id}/members/${a}`)).toMatchObject(forbidden);
    const missing = { status: 404, body: { code: 'not_found' } };
    expect(await call(a, 'DELETE', `/groups/${id}/members/${'x'.repeat(1_100)}`)).toMatchObject(missing);
    const conflict = { status: 409, body: { code: 'conflict' } };
    expect(await call(a, 'DELETE', `/groups/${id}/members/${a}`)).toMatchObject(conflict);
    const stranger = await call(a, 'PATCH', `/groups/${id}`, { admins: ['stranger'] });
    expect(stranger).toMatchObject({ status: 400, body: { issues: [{ path: 'admins' }] } });
    const changed = await call(a, 'PATCH', `/groups/${id}`, { name: 'Scullers', admins: [b] });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Scullers', admins: [b] } });
    expect((await send(a, 'DELETE', `/groups/${id}/members/${a}`)).status).toBe(204);
    const events = (await historyOf(b, id)).body.messages.map(({ content }: Json) => content.event);
    expect(events).toEqual(['created', 'renamed', 'admins', 'left']);
    expect((await send(b, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
  });
});

describe('a live text', () => {
  const write = (socket: TestSocket, conversationId: string, liveId: string) =>
    socket.send(
      JSON.stringify({
        action: 'live',
        conversationId,
        liveId,
        index: 0,
        content: { type: 'text', text: 'Rain' },
      }),
    );
  const isLive =
    (liveId: string) =>
    (frame: Json): boolean =>
      frame.type === 'live' && frame.liveId === liveId;

  it('reaches current members only, and a former member cannot write one (IM-LIVE-1, IM-INV-5)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    const [alice, bob, carol] = [await stack.join(a), await stack.join(b), await stack.join(c)];
    write(alice, id, 'm1');
    await Promise.all([bob, carol].map((socket) => socket.frame(isLive('m1'))));
    await send(a, 'DELETE', `/groups/${id}/members/${c}`);
    write(alice, id, 'm2');
    await bob.frame(isLive('m2'));
    const own = { action: 'live', conversationId: id, liveId: 'm3', index: 0, content: null };
    expect(await carol.request(own)).toMatchObject({ type: 'error', code: 'not_found' });
    // It would have come before this later push on the same path.
    await alice.request({
      ...own,
      action: 'sendMessage',
      clientMsgId: 'c',
      conversationId: undefined,
      to: c,
      content: { type: 'text', text: 'bye' },
    });
    await carol.message('bye');
    expect(carol.frames.some(isLive('m2'))).toBe(false);
    expect(bob.frames.some(isLive('m3'))).toBe(false);
  });

  it('in a group of more than 100 reaches the other sessions of its writer only (IM-LIVE-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b, ...Array.from({ length: 98 }, () => newUser('m'))]);
    const [alice, laptop, bob] = [await stack.join(a), await stack.join(a), await stack.join(b)];
    write(alice, id, 'm1');
    await bob.frame(isLive('m1'));
    expect((await call(a, 'POST', `/groups/${id}/members`, { members: [newUser('m')] })).status).toBe(200);
    write(alice, id, 'm2');
    await laptop.frame(isLive('m2'));
    await say(alice, id, 'over');
    await bob.message('over');
    expect(bob.frames.some(isLive('m2'))).toBe(false);
  });
});

describe('read cursors', () => {
  it('only move forward, on all devices, and are pushed to the other members (IM-INV-6)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, phone, tablet] = [await stack.join(a), await stack.join(b), await stack.join(b)];
    for (const text of ['m1', 'm2', 'm3'])
      await alice.request({
        action: 'sendMessage',
        clientMsgId: text,
        to: b,
        content: { type: 'text', text },
      });
    const state = async () => {
      const { body } = await stack.http(b, '/conversations');
      return [body.conversations[0].readSeq, body.conversations[0].unread];
    };
    expect(await state()).toEqual([0, 3]);
    expect(await phone.request({ action: 'read', to: a, seq: 2 })).toMatchObject({ type: 'ok' });
    expect(await state()).toEqual([2, 1]);
    const conversationId = `dm:${a}:${b}`;
    const push = { type: 'read', conversationId, userId: b, seq: 2 };
    const isRead = ({ type }: Json) => type === 'read';
    expect([await alice.frame(isRead), await tablet.frame(isRead)]).toEqual([push, push]);
    await phone.request({ action: 'read', conversationId, seq: 1 });
    expect(await state()).toEqual([2, 1]);
    expect(await phone.request({ action: 'read', conversationId, seq: 4 })).toMatchObject({
      code: 'invalid_request',
    });
    expect(await phone.request({ action: 'read', conversationId: 'dm:x:y', seq: 1 })).toMatchObject({
      code: 'not_found',
    });
  });

  it('of a group can be queried, and cost no write per message', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    const bob = await stack.join(b);
    await bob.request({ action: 'read', conversationId: id, seq: 1 });
    const { body } = await call(c, 'GET', `/groups/${id}/reads`);
    const reads = [a, b, c].sort().map((userId) => ({ userId, joinedSeq: 1, seq: userId === b ? 1 : 0 }));
    expect(body).toEqual({ reads, cursor: null });
  });
});

describe('a recall', () => {
  const recalled = (by: string) => ({ type: 'recalled', by, at: expect.any(Number) });

  it('redacts history, inbox, and last message, and is pushed to everyone online (IM-FAULT-15)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, laptop] = [await stack.join(a), await stack.join(a)];
    await alice.request({
      action: 'sendMessage',
      clientMsgId: 'oops',
      to: b,
      content: { type: 'text', text: 'oops' },
    });
    await stack.inboxHolds(b, 1);
    expect(await alice.request({ action: 'recall', to: b, seq: 1 })).toMatchObject({ type: 'message' });
    const conversationId = `dm:${a}:${b}`;
    const push = await laptop.frame(({ type }) => type === 'changed');
    expect(push).toMatchObject({
      conversationId,
      change: { kind: 'recalled', by: a },
      message: { seq: 1, content: recalled(a), rev: 1 },
    });
    const bob = await stack.open(b);
    const { inbox } = await bob.request({ action: 'hello' });
    expect(inbox.messages[0].content).toEqual(recalled(a));
    expect((await historyOf(b, encodeURIComponent(conversationId))).body.messages[0].content).toEqual(
      recalled(a),
    );
    expect((await stack.http(b, '/conversations')).body.conversations[0].lastMessage.content).toEqual(
      recalled(a),
    );
    expect(await alice.request({ action: 'recall', to: b, seq: 1 })).toMatchObject({ type: 'message' });
    const repeat = {
      action: 'sendMessage',
      clientMsgId: 'oops',
      to: b,
      content: { type: 'text', text: 'oops' },
    };
    expect(await alice.request(repeat)).toMatchObject({ type: 'sent', duplicate: true });
  });

  it('is allowed to the sender and to a group admin, and never for a hole or a system message', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    const [alice, bob, carol] = [await stack.join(a), await stack.join(b), await stack.join(c)];
    const { seq } = await say(bob, id, 'rude');
    const recall = (socket: TestSocket, which: number) =>
      socket.request({ action: 'recall', conversationId: id, seq: which });
    expect(await recall(carol, seq)).toMatchObject({ code: 'forbidden' });
    expect(await recall(alice, 1)).toMatchObject({ code: 'forbidden' });
    expect(await recall(alice, 99)).toMatchObject({ code: 'not_found' });
    expect(await recall(alice, seq)).toMatchObject({ type: 'message' });
    expect(await recall(carol, seq)).toMatchObject({ code: 'forbidden' });
    expect(await carol.frame(({ type }) => type === 'changed')).toMatchObject({
      change: { by: a },
      message: { seq },
    });
  });
});

describe('an edit', () => {
  const edit = (socket: TestSocket, to: string, seq: number, editId: string, words: string) =>
    socket.request({ action: 'edit', to, seq, editId, content: { type: 'text', text: words } });

  it('is pushed to both users, and is in the feed for the user who was away (IM-EDIT, IM-CHANGE-1, IM-CHANGE-2, IM-CHANGE-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const conversationId = `dm:${a}:${b}`;
    const path = `/conversations/${encodeURIComponent(conversationId)}`;
    await alice.request({
      action: 'sendMessage',
      clientMsgId: 'c',
      to: b,
      content: { type: 'text', text: 'helo' },
    });
    const since = Date.now();
    const edited = await edit(alice, b, 1, 'e1', 'hello');
    expect(edited).toMatchObject({
      type: 'message',
      message: { seq: 1, rev: 1, content: { text: 'hello' } },
    });
    const push = await bob.frame(({ type }) => type === 'changed');
    expect(push).toEqual({
      type: 'changed',
      conversationId,
      change: { kind: 'edited', by: a },
      message: edited.message,
    });
    // Both are changes of the same message: the feed has it once, as it is now.
    const http = async (method: string, at: string, body?: object) =>
      stack.http(a, `${path}${at}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const content = { type: 'text', text: 'hello!' };
    expect(await http('PATCH', '/messages/1', { editId: 'e2', content, ifRev: 0 })).toMatchObject({
      status: 409,
    });
    expect(await http('PATCH', '/messages/1', { editId: 'e2', content, ifRev: 1 })).toMatchObject({
      status: 200,
      body: { rev: 2, content },
    });
    const feed = await stack.http(b, `${path}/changes?since=${since}`);
    expect(feed.body).toMatchObject({ messages: [{ seq: 1, rev: 2, content }], cursor: null });
    const list = await stack.http(b, `/conversations?changedSince=${since + 30_000}`);
    expect(list.body.conversations).toEqual([]);
    expect(await http('DELETE', '/messages/1')).toMatchObject({ status: 200, body: { rev: 3 } });
    expect(await http('DELETE', '/messages/0')).toMatchObject({ status: 404 });
    expect(await edit(alice, b, 1, 'e3', 'again')).toMatchObject({ code: 'forbidden' });
    expect(await edit(bob, a, 1, 'e4', 'mine')).toMatchObject({ code: 'forbidden' });
    const [after] = (await stack.http(b, `${path}/changes?since=${since}`)).body.messages;
    expect(after).toMatchObject({ rev: 3, content: { type: 'recalled' } });
    expect(after).not.toHaveProperty('editedAt.text');
    const stranger = await stack.http(newUser('eve'), `${path}/changes?since=${since}`);
    expect(stranger.status).toBe(404);
  });
});

describe('catching up', () => {
  it('with changedSince returns only the conversations that have changed (IM-HELLO-3)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const alice = await stack.join(a);
    for (const to of [b, c])
      await alice.request({
        action: 'sendMessage',
        clientMsgId: to,
        to,
        content: { type: 'text', text: 'hi' },
      });
    const since = async (ms: number) =>
      (await stack.http(a, `/conversations?changedSince=${ms}`)).body.conversations.length;
    expect(await since(Date.now() - 60_000)).toBe(2);
    expect(await since(Date.now() + 60_000)).toBe(0);
  });

  it('with changedSince lists the groups that the user left since, unless they have rejoined (IM-CHANGE-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [removed, left, back] = [await newGroup(a, [b]), await newGroup(a, [b]), await newGroup(a, [b])];
    const since = (await stack.http(b, '/session')).body.serverTime;
    const list = async (query: string) => (await stack.http(b, `/conversations${query}`)).body;
    expect(await list(`?changedSince=${since}`)).toMatchObject({ removed: [] });
    for (const [by, id] of [
      [a, removed],
      [b, left],
      [a, back],
    ] as const)
      expect((await send(by, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
    await call(a, 'POST', `/groups/${back}/members`, { members: [b] });
    const changed = await list(`?changedSince=${since}`);
    expect(changed.removed.toSorted()).toEqual([removed, left].sort());
    expect(changed.conversations).toMatchObject([{ conversationId: back }]);
    const older = await list(`?changedSince=${since - 31 * 86_400_000}`);
    expect(older).toMatchObject({ reset: true, conversations: [{ conversationId: back }] });
    expect(older).not.toHaveProperty('removed');
    expect(await list('')).not.toHaveProperty('removed');
  });
});
