import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunk } from '../../lambdas/shared/chunk.ts';
import { groupsOf } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { sending, textContent } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

const { call, newGroup, send } = groupsOf(() => stack);
const setBlock = (method: string) => async (user: string, peer: string) =>
  expect((await send(user, method, `/blocks/${encodeURIComponent(peer)}`)).status).toBe(204);
const block = setBlock('PUT');
const unblock = setBlock('DELETE');
const FORBIDDEN = {
  code: 'forbidden',
  message: 'You may not do this in this conversation.',
  retryable: false,
};

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly alice: TestSocket;
  readonly bob: TestSocket;
}

/** Both have written: seq 1 is bob's, seq 2 alice's. */
async function pair(): Promise<Pair> {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const [alice, bob] = [await stack.join(a), await stack.join(b)];
  // Over HTTP, so that a held route is that of the later send only.
  for (const [from, to] of [[b, a], [a, b]] as const) // biome-ignore format: a table
    await call(from, 'POST', '/messages', { clientMsgId: 'first', to, content: textContent('first') });
  return { a, b, alice, bob };
}

const messagePath = (a: string, b: string, rest: string) =>
  `/conversations/${encodeURIComponent(`dm:${[a, b].sort().join(':')}`)}${rest}`;

describe('a block', () => {
  it('refuses what the blocked user does in the direct conversation, but a recall, over the socket (IM-BLOCK-1, IM-REFUSE-14)', async () => {
    const { a, b, alice, bob } = await pair();
    await block(a, b);
    const to = { to: a };
    for (const frame of [
      sending(a, 'more'),
      { action: 'edit', ...to, seq: 1, editId: 'e', content: textContent('no') },
      { action: 'react', ...to, seq: 2, name: '👎', on: true },
      { action: 'pin', ...to, seq: 2, on: true },
    ])
      expect(await bob.request(frame)).toEqual({ type: 'error', id: expect.any(String), ...FORBIDDEN });
    for (const frame of [
      { action: 'typing', ...to, typing: true },
      { action: 'live', ...to, liveId: 'l', index: 1, content: textContent('no') },
    ]) {
      const answer = bob.nextText();
      bob.send(JSON.stringify(frame));
      expect(JSON.parse(await answer)).toEqual({ type: 'error', id: null, ...FORBIDDEN });
    }
    expect(await bob.request({ action: 'recall', ...to, seq: 1 })).toMatchObject({ type: 'message' });
    // Everything that was pushed to alice came before the push of the recall.
    await alice.frame(({ change }) => change?.kind === 'recalled');
    expect(alice.frames.filter(({ type }) => ['typing', 'live', 'changed'].includes(type))).toHaveLength(1);
    expect((await alice.request(sending(b, 'from-alice-again'))).seq).toBe(3);
    await bob.message('from-alice-again');
    await unblock(a, b);
    expect((await bob.request(sending(a, 'thanks'))).seq).toBe(4);
  });

  it('refuses the same over HTTP, in plain frames, and in Protobuf (IM-BLOCK-1, IM-REFUSE-14)', async () => {
    const { a, b } = await pair();
    await block(a, b);
    const post = (method: string, path: string, body?: object) =>
      stack.http(b, path, { method, ...(body && { body: JSON.stringify(body) }) });
    const content = textContent('no');
    for (const [method, path, body] of [
      ['POST', '/messages', { clientMsgId: 'm', to: a, content }],
      ['PATCH', messagePath(a, b, '/messages/1'), { editId: 'e', content }],
      ['PUT', messagePath(a, b, '/messages/2/reactions/ok'), undefined],
      ['PUT', messagePath(a, b, '/messages/2/pin'), undefined],
    ] as const)
      expect(await post(method, path, body)).toEqual({ status: 403, body: FORBIDDEN });
    const plain = await stack.open(b, { mode: 'plain' });
    plain.send(JSON.stringify({ fromUser: b, toUser: a, message: 'no' }));
    expect(await plain.frame(({ type }) => type === 'error')).toMatchObject(FORBIDDEN);
    const protobuf = await stack.join(b, { protobuf: true });
    expect(await protobuf.request(sending(a, 'more'))).toMatchObject(FORBIDDEN);
  });

  it('hides presence, typing, and the read cursor from the blocked user only (IM-BLOCK-2)', async () => {
    const { a, b, alice, bob } = await pair();
    await block(a, b);
    await alice.request({ action: 'read', to: b, seq: 1 });
    alice.send(JSON.stringify({ action: 'typing', to: b, typing: true }));
    await bob.request({ action: 'read', to: a, seq: 2 });
    await alice.frame(({ type }) => type === 'read');
    const presence = async (socket: TestSocket, other: string) =>
      (await socket.request({ action: 'presence', userIds: [other] })).users[0];
    expect(await presence(bob, a)).toEqual({ userId: a, online: false, lastSeenAt: null });
    await expect.poll(() => presence(alice, b)).toMatchObject({ online: true });
    const readBy = async (user: string) => (await stack.http(user, '/conversations')).body.conversations[0];
    expect(await readBy(b)).toMatchObject({ peer: a, peerReadSeq: 0 });
    expect(await readBy(a)).toMatchObject({ peer: b, peerReadSeq: 2 });
    await alice.request(sending(b, 'the-last'));
    await bob.message('the-last');
    expect(bob.frames.filter(({ type }) => type === 'read' || type === 'typing')).toEqual([]);
  });

  it('goes on in common groups, to which the blocked user can add nobody who has blocked them (IM-BLOCK-3)', async () => {
    const { a, b, alice, bob } = await pair();
    const carol = newUser('carol');
    const common = await newGroup(carol, [a, b]);
    await block(a, b);
    await bob.request({ ...sending('', 'hi-all'), to: undefined, conversationId: common });
    await alice.message('hi-all');
    const own = await newGroup(b, [a, carol]);
    const added = await call(b, 'POST', `/groups/${own}/members`, { members: [a] });
    expect(added).toMatchObject({ status: 200, body: { memberCount: 2 } });
    expect(await call(a, 'GET', `/groups/${own}`)).toMatchObject({ status: 404 });
  });

  it('can be made before the first message, which the blocked user then cannot send (IM-BLOCK-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const bob = await stack.join(b);
    await block(a, b);
    expect(await bob.request(sending(a, 'first'))).toMatchObject(FORBIDDEN);
    for (const user of [a, b])
      expect((await stack.http(user, '/conversations')).body.conversations).toEqual([]);
    const alice = await stack.join(a);
    expect(await alice.request(sending(b, 'first'))).toMatchObject({ seq: 1 });
    await bob.message('first');
    await unblock(a, b);
    expect(await bob.request(sending(a, 'second'))).toMatchObject({ seq: 2 });
  });

  it('is listed page by page with its time, to nobody else, and takes only ids of others (IM-BLOCK-4)', async () => {
    const me = newUser('me');
    const names = Array.from({ length: 101 }, (_, n) => `${me}-${String(n).padStart(3, '0')}`);
    const before = Date.now();
    // The transactions of one user write the same counter.
    for (const two of chunk(names, 2)) await Promise.all(two.map((name) => block(me, name)));
    await block(me, names[0] ?? '');
    const first = (await stack.http(me, '/blocks')).body;
    expect(first.blocks.map(({ userId }: Json) => userId)).toEqual(names.slice(0, 100));
    // The function's clock differs from this one by less than a minute.
    expect(Math.abs(first.blocks[0].at - before)).toBeLessThan(60_000);
    const second = await stack.http(me, `/blocks?cursor=${encodeURIComponent(first.cursor)}`);
    expect(second.body).toMatchObject({ blocks: [{ userId: names[100] }], cursor: null });
    const other = newUser('other');
    expect((await stack.http(other, '/blocks')).body).toEqual({ blocks: [], cursor: null });
    for (const path of [`/blocks?cursor=${encodeURIComponent(first.cursor)}`, '/blocks?cursor=x'])
      expect(await stack.http(other, path)).toMatchObject({ status: 400 });
    for (const id of [me, 'system', 'a:b', 'x'.repeat(65), '%20'])
      expect((await send(me, 'PUT', `/blocks/${id}`)).status).toBe(400);
    expect((await send(me, 'DELETE', '/blocks/system')).status).toBe(400);
  });
});

describe('a report', () => {
  it('is answered by 202 without a body, even if it is repeated, and 404 or 400 if it is none (IM-REPORT-1)', async () => {
    const { a, b } = await pair();
    const conversationId = `dm:${[a, b].sort().join(':')}`;
    const report = async (user: string, body: object) => {
      const headers = { authorization: `Bearer ${await stack.token(user)}` };
      const init = { method: 'POST', headers, body: JSON.stringify({ conversationId, ...body }) };
      const response = await fetch(`${stack.httpUrl}/reports`, init);
      return [response.status, response.status === 202 ? await response.text() : undefined];
    };
    const reason = 'x'.repeat(500);
    for (const _ of [1, 2]) expect(await report(a, { seq: 1, reason })).toEqual([202, '']);
    expect(await report(a, { seq: 9, reason })).toEqual([404, undefined]);
    expect(await report(newUser('carol'), { seq: 1, reason })).toEqual([404, undefined]);
    for (const body of [
      { seq: 1, reason: '' },
      { seq: 1, reason: `${reason}x` },
      { seq: 0, reason },
      { seq: 1 },
    ])
      expect(await report(a, body)).toEqual([400, undefined]);
  });
});
