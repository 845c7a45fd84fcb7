import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from './setup/json.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

const text = (value: string) => ({ type: 'text', text: value });
const sending = (to: string, clientMsgId: string, value = clientMsgId) => ({
  action: 'sendMessage',
  clientMsgId,
  to,
  content: text(value),
});

describe('messages between online users', () => {
  it('arrive as sent, with the fields that the server adds (IM-SEND-1, IM-SEND-6, IM-PUSH-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const frame = { ...sending(b, 'c1', 'hi 👋'), from: 'mallory', seq: 99, sentAt: 1 };
    const sent = await alice.request(frame);
    expect(sent).toEqual({
      type: 'sent',
      id: sent.id,
      clientMsgId: 'c1',
      conversationId: `dm:${a}:${b}`,
      messageId: expect.stringMatching(/^[0-9A-Z]{26}$/),
      seq: 1,
      sentAt: expect.any(Number),
      duplicate: false,
    });
    const { type: _, id: __, duplicate: ___, ...facts } = sent;
    expect(await bob.message('hi 👋')).toEqual({ ...facts, from: a, content: text('hi 👋'), rev: 0 });
  });

  it("reach the sender's other sessions and never the sending one (IM-SEND-5)", async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [phone, laptop] = [await stack.join(a), await stack.join(a)];
    const bobs = [await stack.join(b), await stack.join(b)];
    await phone.request(sending(b, 'c1', 'hi'));
    await Promise.all([laptop, ...bobs].map((socket) => socket.message('hi')));
    // An echo would come before this later message on the same path.
    await laptop.request(sending(b, 'c2', 'bye'));
    await phone.message('bye');
    expect(phone.messages()).toHaveLength(1);
  });

  it('keep the order of a sender who waits for each ack (IM-SEND-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const seqs: number[] = [];
    for (let n = 1; n <= 10; n += 1) seqs.push((await alice.request(sending(b, `c${n}`))).seq);
    expect(seqs).toEqual(seqs.toSorted((x, y) => x - y));
    await bob.message('c10');
    const { body } = await stack.http(b, `/conversations/${encodeURIComponent(`dm:${a}:${b}`)}/messages`);
    expect(body.messages.map(({ content }: { content: { text: string } }) => content.text)).toEqual(
      Array.from({ length: 10 }, (_, n) => `c${n + 1}`),
    );
  });

  it('have unique seqs when two devices and ten senders write at once (IM-SEND-3, IM-FAULT-13)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const sockets = [await stack.join(a), await stack.join(a), await stack.join(b)];
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, n) => {
        const socket = sockets[n % 3];
        return socket?.request(sending(n % 3 === 2 ? a : b, `c${n}`));
      }),
    );
    expect(new Set(replies.map(({ seq }) => seq)).size).toBe(30);
    expect(replies.every(({ type }) => type === 'sent')).toBe(true);
  });

  it('return the first ack when a send is repeated, over socket and HTTP, and stay one message (IM-SEND-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const { id: _, type: __, ...first } = await alice.request(sending(b, 'c1', 'hi'));
    expect(await alice.request(sending(b, 'c1', 'hi'))).toMatchObject({ ...first, duplicate: true });
    const conversationId = `dm:${a}:${b}`;
    const overHttp = await stack.http(a, '/messages', {
      method: 'POST',
      body: JSON.stringify({ clientMsgId: 'c1', conversationId, content: text('hi') }),
    });
    expect(overHttp).toEqual({ status: 200, body: { ...first, duplicate: true } });
    const { body } = await stack.http(b, `/conversations/${encodeURIComponent(conversationId)}/messages`);
    expect(body.messages).toHaveLength(1);
  });

  it('are refused when a clientMsgId comes with other content (IM-SEND-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    await alice.request(sending(b, 'c1', 'hi'));
    expect(await alice.request(sending(b, 'c1', 'ho'))).toMatchObject({
      type: 'error',
      code: 'idempotency_conflict',
    });
  });

  it('sent over HTTP reach all sessions of the sender (section 6)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const sockets = [await stack.join(a), await stack.join(a), await stack.join(b)];
    const { status, body } = await stack.http(a, '/messages', {
      method: 'POST',
      body: JSON.stringify({
        clientMsgId: 'c1',
        to: b,
        content: { type: 'custom', data: { votes: [1, null] } },
      }),
    });
    expect([status, body.seq]).toEqual([200, 1]);
    for (const socket of sockets) {
      const push = await socket.frame(({ type }) => type === 'messages');
      expect(push.messages[0].content).toEqual({ type: 'custom', data: { votes: [1, null] } });
    }
  });

  it.each([
    ['to oneself', (me: string) => ({ to: me }), 'invalid_request'],
    ['to two others', () => ({ conversationId: 'dm:x:y' }), 'not_found'],
    ['to a direct id in wrong order', (me: string) => ({ conversationId: `dm:zz:${me}` }), 'not_found'],
    ['to a group of other people', () => ({ conversationId: 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV' }), 'not_found'],
    ['to nonsense', () => ({ conversationId: 'nonsense' }), 'invalid_request'],
  ])('%s are refused, over socket and HTTP alike (IM-SEND-7, IM-REFUSE-4)', async (_, target, code) => {
    const a = newUser('alice');
    const request = { clientMsgId: 'c1', content: text('hi'), ...target(a) };
    const alice = await stack.join(a);
    expect(await alice.request({ action: 'sendMessage', ...request })).toMatchObject({ type: 'error', code });
    const { status, body } = await stack.http(a, '/messages', {
      method: 'POST',
      body: JSON.stringify(request),
    });
    expect([status, body.code]).toEqual([code === 'not_found' ? 404 : 400, code]);
  });
});

describe('a live text', () => {
  it("reaches the other user and the sender's other sessions, and is followed by its message (IM-LIVE-1, IM-LIVE-2)", async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [phone, laptop, bob] = [await stack.join(a), await stack.join(a), await stack.join(b)];
    await bob.request(sending(a, 'm0', 'Will it rain?'));
    const live = { liveId: 'm1', index: 0, content: text('Rain un') };
    phone.send(JSON.stringify({ action: 'live', to: b, ...live }));
    const push = { type: 'live', conversationId: `dm:${a}:${b}`, from: a, ...live };
    for (const socket of [laptop, bob])
      expect(await socket.frame(({ type }) => type === 'live')).toEqual(push);
    // Within 200 ms: a cancel waits for nobody.
    phone.send(JSON.stringify({ action: 'live', to: b, ...live, index: 1, content: null }));
    const cancelled = await bob.frame(({ type, content }) => type === 'live' && content === null);
    expect(cancelled).toEqual({ ...push, index: 1, content: null });
    expect(await phone.request(sending(b, 'm1', 'Rain until noon.'))).toMatchObject({ seq: 2 });
    expect(await bob.message('Rain until noon.')).toMatchObject({ clientMsgId: 'm1', from: a });
    expect(phone.frames.some(({ type }) => type === 'live')).toBe(false);
  });

  it('is refused with words that name the field, and above the limit of content (IM-LIVE-2, IM-FRAME-5)', async () => {
    const alice = await stack.join(newUser('alice'));
    const live = { action: 'live', to: newUser('bob'), liveId: 'm1', index: 0, content: text('hi') };
    for (const [field, value] of [
      ['liveId', 'a b'],
      ['index', -1],
      ['content', { type: 'text', text: ' ' }],
    ] as const)
      expect(await alice.request({ ...live, [field]: value })).toMatchObject({
        type: 'error',
        code: 'invalid_request',
        issues: [{ path: expect.stringContaining(field) }],
      });
    expect(await alice.request({ ...live, content: text('x'.repeat(17_000)) })).toMatchObject({
      code: 'payload_too_large',
    });
  });
});

describe('history', () => {
  it('pages both ways by seq, strongly consistent (section 6)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    for (let n = 1; n <= 5; n += 1) await alice.request(sending(b, `c${n}`));
    const page = async (query: string) => {
      const path = `/conversations/${encodeURIComponent(`dm:${a}:${b}`)}/messages${query}`;
      const { body } = await stack.http(b, path);
      return [body.messages.map(({ seq }: { seq: number }) => seq), body.hasMore, body.head];
    };
    expect(await page('')).toEqual([[1, 2, 3, 4, 5], false, 5]);
    expect(await page('?limit=2')).toEqual([[4, 5], true, 5]);
    expect(await page('?limit=2&before=4')).toEqual([[2, 3], true, 5]);
    expect(await page('?after=3')).toEqual([[4, 5], false, 5]);
    expect(await page('?after=5')).toEqual([[], false, 5]);
  });

  it.each(['?after=1&before=2', '?limit=0', '?limit=101', '?limit=x', '?after=-1', '?after=1.5', '?limit='])(
    'refuses %s with 400',
    async (query) => {
      const [a, b] = [newUser('alice'), newUser('bob')];
      const { status, body } = await stack.http(a, `/conversations/dm:${a}:${b}/messages${query}`);
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    },
  );

  it('of other users is 404, in the same words as a missing one (IM-REFUSE-4)', async () => {
    const me = newUser('mallory');
    const words = await Promise.all(
      ['dm:x:y', 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV'].map((id) => stack.http(me, `/conversations/${id}/messages`)),
    );
    expect(words[0]).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(words[1]).toEqual(words[0]);
  });
});

describe('conversations', () => {
  it("list the user's conversations, with unread counts and a cursor (section 6)", async () => {
    const me = newUser('bob');
    const peers = ['x', 'y', 'z'].map(newUser);
    for (const peer of peers) {
      const socket = await stack.join(peer);
      await socket.request(sending(me, 'c1', `from ${peer}`));
      await socket.close();
    }
    const first = await stack.http(me, '/conversations?limit=2');
    const second = await stack.http(
      me,
      `/conversations?limit=2&cursor=${encodeURIComponent(first.body.cursor)}`,
    );
    const all = [...first.body.conversations, ...second.body.conversations];
    expect(second.body.cursor).toBeNull();
    expect(all.map(({ peer }) => peer).sort()).toEqual(peers.sort());
    expect(all[0]).toMatchObject({ kind: 'direct', head: 1, unread: 1, readSeq: 0, lastMessage: { seq: 1 } });
    const foreign = await stack.http(
      newUser('eve'),
      `/conversations?cursor=${encodeURIComponent(first.body.cursor)}`,
    );
    expect(foreign).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((await stack.http(newUser('eve'), '/conversations')).body).toEqual({
      conversations: [],
      cursor: null,
    });
  });
});

describe('reactions', () => {
  const reactionsOf = async (reader: string, conversationId: string, seq: number) => {
    const { body } = await stack.http(
      reader,
      `/conversations/${encodeURIComponent(conversationId)}/messages?after=${seq - 1}&limit=1`,
    );
    return body.messages[0].reactions;
  };

  it('count for all, over socket, HTTP, and Protobuf, and reach the others as a change (IM-REACT, IM-CHANGE-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = `dm:${a}:${b}`;
    const [alice, tablet, bob] = [
      await stack.join(a),
      await stack.join(a),
      await stack.join(b, { protobuf: true }),
    ];
    await alice.request(sending(b, 'hi'));
    const reply = await bob.request({ action: 'react', to: a, seq: 1, name: '👍', on: true });
    const mine = { name: '👍', count: 1, users: [b], mine: true };
    expect(reply).toMatchObject({ type: 'message', message: { seq: 1, rev: 1, reactions: [mine] } });
    const isReaction = ({ type, change }: Json) => type === 'changed' && change.kind === 'reacted';
    for (const socket of [alice, tablet]) {
      expect(await socket.frame(isReaction)).toMatchObject({
        conversationId: id,
        change: { by: b, name: '👍', on: true },
        message: { rev: 1, reactions: [{ name: '👍', count: 1 }] },
      });
    }
    const path = `/conversations/${encodeURIComponent(id)}/messages/1/reactions/${encodeURIComponent('👍')}`;
    const put = await stack.http(a, path, { method: 'PUT' });
    expect(put).toMatchObject({ status: 200, body: { rev: 2, reactions: [{ count: 2, mine: true }] } });
    expect(await reactionsOf(b, id, 1)).toEqual([{ name: '👍', count: 2, users: [b, a], mine: true }]);
    const off = await stack.http(b, path, { method: 'DELETE' });
    expect(off.body.reactions).toEqual([{ name: '👍', count: 1, users: [a] }]);
    const wrong = await stack.http(a, path.replace(/[^/]*$/, 'a%20b'), { method: 'PUT' });
    expect(wrong).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', issues: [{ path: 'name' }] },
    });
    const late = await stack.http(a, `/conversations/${encodeURIComponent(id)}/changes?since=1`);
    expect(late.body).toMatchObject({ reset: true });
    const since = await stack.http(
      b,
      `/conversations/${encodeURIComponent(id)}/changes?since=${put.body.sentAt}`,
    );
    expect(since.body.messages).toMatchObject([
      { seq: 1, rev: 3, reactions: [{ name: '👍', count: 1, users: [a] }] },
    ]);
  });

  it('have limits, are refused to non-members, and disappear with a recall (IM-REACT, IM-INV-5, IM-FAULT-15)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const [alice, carol] = [await stack.join(a), await stack.join(c)];
    await alice.request(sending(b, 'hi'));
    const react = (name: string) => alice.request({ action: 'react', to: b, seq: 1, name, on: true });
    for (const name of ['1', '2', '3', '4', '5']) await react(name);
    expect(await react('6')).toMatchObject({ type: 'error', code: 'limit_reached', retryable: false });
    const stranger = { action: 'react', conversationId: `dm:${a}:${b}`, seq: 1, name: '1', on: true };
    expect(await carol.request(stranger)).toMatchObject({ code: 'not_found' });
    await alice.request({ action: 'recall', to: b, seq: 1 });
    expect(await react('1')).toMatchObject({ code: 'forbidden' });
    expect(await reactionsOf(b, `dm:${a}:${b}`, 1)).toBeUndefined();
  });

  it('in a large group are exact, mine for their users, and found in the feed (IM-REACT)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const members = Array.from({ length: 100 }, () => newUser('m'));
    const body = (first: object) => ({ method: 'POST', body: JSON.stringify(first) });
    const group = await stack.http(a, '/groups', body({ name: 'Many', members: [b, ...members.slice(1)] }));
    const id = group.body.conversationId;
    // The hundred others are all the strangers of a day; who has written to alice is none (IM-BUDGET-3).
    await stack.http(members[0] ?? '', '/messages', body(sending(a, 'hello')));
    const added = await stack.http(a, `/groups/${id}/members`, body({ members: [members[0]] }));
    expect(added.status).toBe(200);
    const sent = await stack.http(
      a,
      '/messages',
      body({ clientMsgId: 'c', conversationId: id, content: text('hi') }),
    );
    const { seq, sentAt } = sent.body;
    const reacting = (user: string, method: string) =>
      stack.http(user, `/conversations/${id}/messages/${seq}/reactions/ok`, { method });
    const some = [b, ...members.slice(0, 11)];
    await Promise.all(some.map((user) => reacting(user, 'PUT')));
    await reacting(b, 'PUT');
    const feed = await stack.http(a, `/conversations/${id}/changes?since=${sentAt}`);
    expect(feed.body.messages.at(-1).reactions).toMatchObject([{ name: 'ok', count: 12 }]);
    const mine = async (user: string) => (await reactionsOf(user, id, seq))[0].mine;
    expect(await Promise.all([...some, a].map(mine))).toEqual([...some.map(() => true), undefined]);
    expect((await reacting(b, 'DELETE')).body.reactions).toMatchObject([{ count: 11 }]);
    expect(await mine(b)).toBeUndefined();
  });
});

describe('pins', () => {
  it('are listed and unpinned over socket and HTTP, and reach the others as a change (IM-PIN, IM-CHANGE-1)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const path = `/conversations/${encodeURIComponent(`dm:${a}:${b}`)}`;
    const [alice, bob] = [await stack.join(a), await stack.join(b, { protobuf: true })];
    for (const words of ['one', 'two']) await alice.request(sending(b, words));
    const reply = await bob.request({ action: 'pin', to: a, seq: 2, on: true });
    expect(reply).toMatchObject({ type: 'message', message: { rev: 1, pinned: { by: b } } });
    const changed = await alice.frame(({ type }) => type === 'changed');
    expect(changed).toMatchObject({
      change: { kind: 'pinned', by: b },
      message: { seq: 2, pinned: { by: b } },
    });
    const put = await stack.http(a, `${path}/messages/1/pin`, { method: 'PUT' });
    expect(put).toMatchObject({ status: 200, body: { seq: 1, pinned: { by: a } } });
    const listed = async (user: string) => stack.http(user, `${path}/pins`);
    expect((await listed(b)).body.messages).toMatchObject([{ seq: 1 }, { seq: 2, content: text('two') }]);
    const off = await stack.http(a, `${path}/messages/2/pin`, { method: 'DELETE' });
    expect(off.body.pinned).toBeUndefined();
    await alice.request({ action: 'recall', to: b, seq: 1 });
    expect((await listed(a)).body).toEqual({ messages: [] });
    expect(await listed(c)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('in a group are allowed to admins, and to members once an admin allows it (IM-PIN)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const call = (user: string, method: string, path: string, body?: object) =>
      stack.http(user, path, { method, ...(body && { body: JSON.stringify(body) }) });
    const { body } = await call(a, 'POST', '/groups', { name: 'Pins', members: [b] });
    const pin = (method: string) => call(b, method, `/conversations/${body.conversationId}/messages/1/pin`);
    expect(await pin('PUT')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const changed = await call(a, 'PATCH', `/groups/${body.conversationId}`, { pins: 'members' });
    expect(changed).toMatchObject({ status: 200, body: { pins: 'members' } });
    expect(await pin('PUT')).toMatchObject({ status: 200, body: { pinned: { by: b } } });
    expect((await call(b, 'GET', `/groups/${body.conversationId}`)).body).toMatchObject({ pins: 'members' });
  });
});

describe('replies and mentions', () => {
  it('arrive with the message, are counted for mentioned users, and need an original (IM-REPLY)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    await alice.request(sending(b, 'one'));
    const reply = { ...sending(b, 'two'), replyTo: 1, mentions: [b] };
    expect(await alice.request(reply)).toMatchObject({ type: 'sent', seq: 2 });
    expect(await alice.request({ ...reply, mentions: [a] })).toMatchObject({ code: 'idempotency_conflict' });
    const lost = await alice.request({ ...sending(b, 'three'), replyTo: 9 });
    expect(lost).toMatchObject({ code: 'invalid_request', issues: [{ path: 'replyTo' }] });
    const { conversations } = (await stack.http(b, '/conversations')).body;
    expect(conversations).toMatchObject([
      { unread: 2, mentioned: 1, lastMessage: { replyTo: 1, mentions: [b] } },
    ]);
    const bob = await stack.join(b, { protobuf: true });
    expect(await bob.message('two')).toMatchObject({ replyTo: 1, mentions: [b] });
  });
});
