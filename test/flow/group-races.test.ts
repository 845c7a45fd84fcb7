/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunk } from '../../lambdas/shared/chunk.ts';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { sending, textContent } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
  await warmUp(proxy);
});
afterAll(() => stack?.stop());

const { call, send, newGroup, historyOf, warmUp } = groupsOf(() => stack);

describe('a group', () => {
  it('of more than 100 pages its members, and the workers notify each of them (IM-GROUP)', async () => {
    const a = newUser('alice');
    const others = Array.from({ length: 130 }, (_, n) => `${a}-m${String(n).padStart(3, '0')}`);
    const id = await newGroup(a, others.slice(0, 100));
    await call(a, 'POST', `/groups/${id}/members`, { members: others.slice(100) });
    const first = await call(a, 'GET', `/groups/${id}/members`);
    const second = await call(
      a,
      'GET',
      `/groups/${id}/members?cursor=${encodeURIComponent(first.body.cursor)}`,
    );
    const listed = [...first.body.members, ...second.body.members].map(({ userId }: Json) => userId);
    expect(listed).toEqual([a, ...others].sort());
    expect(second.body.cursor).toBeNull();
    const sockets: TestSocket[] = [];
    for (const part of chunk(others.slice(0, 30), 5))
      sockets.push(...(await Promise.all(part.map((user) => stack.join(user)))));
    const alice = await stack.join(a);
    proxy.reset();
    expect(await say(alice, id, 'to all')).toMatchObject({ type: 'sent' });
    await Promise.all(sockets.map((socket) => socket.message('to all')));
    const sender = proxy.counts({ route: 'sendMessage' });
    // Session, membership, seq, message, as for a small group; then one enqueue instead of posts.
    expect([sender.calls, sender.posts]).toEqual([5, 0]);
  });

  it('sends nothing to a member removed at a lower seq, even while the removal is still running (IM-INV-5, IM-FAULT-14)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    const [alice, bob, carol] = [await stack.join(a), await stack.join(b), await stack.join(c)];
    const applying = proxy.setBreakpoint({
      route: 'DELETE /groups/{id}/members/{userId}',
      operation: 'TransactWriteItems',
      nth: 2,
    });
    const removal = send(a, 'DELETE', `/groups/${id}/members/${b}`);
    await applying.reached;
    const { seq } = await say(alice, id, 'not for bob');
    expect(seq).toBe(3);
    await carol.message('not for bob');
    expect((await historyOf(b, id)).status).toBe(404);
    expect((await stack.http(b, '/conversations')).body.conversations).toEqual([]);
    applying.release();
    expect((await removal).status).toBe(204);
    await bob.frame(isSystem('removed'));
    expect(bob.messages().map((message) => message.seq)).not.toContain(3);
  });

  it.for(['an admin', 'the member'])(
    'can be left after a removal by %s that died halfway (IM-GROUP, IM-FAULT-14)',
    async (who) => {
      const [a, b] = [newUser('alice'), newUser('bob')];
      const by = who === 'an admin' ? a : b;
      const id = await newGroup(a, [b]);
      const applying = proxy.setBreakpoint({
        route: 'DELETE /groups/{id}/members/{userId}',
        operation: 'TransactWriteItems',
        nth: 2,
      });
      const removal = send(by, 'DELETE', `/groups/${id}/members/${b}`);
      await applying.reached;
      applying.fail('kill');
      expect((await removal).status).toBe(500);
      expect((await call(a, 'GET', `/groups/${id}`)).body.memberCount).toBe(1);
      expect((await send(by, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
      expect((await call(a, 'GET', `/groups/${id}`)).body.memberCount).toBe(1);
      const events = (await historyOf(a, id)).body.messages.map(({ content }: Json) => content.event);
      expect(events).toEqual(['created', by === a ? 'removed' : 'left']);
    },
  );

  it('keeps one admin when the last two leave at once (IM-GROUP)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b, c]);
    await call(a, 'PATCH', `/groups/${id}`, { admins: [a, b] });
    // The check saw a second admin beside Alice; now that admin leaves.
    const leaving = proxy.setBreakpoint({
      route: 'DELETE /groups/{id}/members/{userId}',
      operation: 'TransactWriteItems',
    });
    const first = call(a, 'DELETE', `/groups/${id}/members/${a}`);
    await leaving.reached;
    expect((await send(b, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
    leaving.release();
    expect(await first).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await call(c, 'GET', `/groups/${id}`)).body).toMatchObject({ admins: [a], memberCount: 2 });
  });

  it('accepts no new member from an admin who has left in the meantime (IM-GROUP)', async () => {
    const [a, c] = [newUser('alice'), newUser('carol')];
    const id = await newGroup(a, []);
    const adding = proxy.setBreakpoint({
      route: 'POST /groups/{id}/members',
      operation: 'TransactWriteItems',
    });
    const added = call(a, 'POST', `/groups/${id}/members`, { members: [c] });
    await adding.reached;
    expect((await send(a, 'DELETE', `/groups/${id}/members/${a}`)).status).toBe(204);
    adding.release();
    expect((await added).status).toBe(404);
    expect((await call(c, 'GET', `/groups/${id}`)).status).toBe(404);
  });

  it('does not backfill a new member who has been removed in the meantime (IM-INV-5)', async () => {
    const [a, b, d] = [newUser('alice'), newUser('bob'), newUser('dave')];
    const id = await newGroup(a, [b]);
    const [alice, dave] = [await stack.join(a), await stack.join(d)];
    const looking = proxy.setBreakpoint({
      route: 'POST /groups/{id}/members',
      operation: 'GetItem',
      where: (_, input) => JSON.stringify(input).includes('head'),
      nth: 2,
    });
    const added = call(a, 'POST', `/groups/${id}/members`, { members: [d] });
    await looking.reached;
    expect((await send(a, 'DELETE', `/groups/${id}/members/${d}`)).status).toBe(204);
    await say(alice, id, 'not for dave');
    proxy.reset();
    looking.release();
    expect((await added).status).toBe(200);
    const handedOut = proxy.calls.filter(
      ({ route, queue }) => route === 'POST /groups/{id}/members' && queue?.includes('FanOut'),
    );
    expect(handedOut).toEqual([]);
    expect(dave.messages().map(({ content }) => content.text ?? content.event)).not.toContain('not for dave');
  });

  it.each([
    ['history', 'GET /conversations/{conversationId}/messages', 'Query'],
    ['the list of conversations', 'GET /conversations', 'BatchGetItem'],
  ])(
    'shows in %s no message sent after a removal that happened during the read (IM-INV-5)',
    async (what, route, operation) => {
      const [a, b] = [newUser('alice'), newUser('bob')];
      const id = await newGroup(a, [b]);
      const alice = await stack.join(a);
      const reading = proxy.setBreakpoint({ route, operation });
      const read = what === 'history' ? historyOf(b, id) : stack.http(b, '/conversations');
      await reading.reached;
      expect((await send(a, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
      await say(alice, id, 'not for bob');
      reading.release();
      const { status, body } = await read;
      expect(JSON.stringify(body)).not.toContain('not for bob');
      expect(status).toBe(what === 'history' ? 404 : 200);
    },
  );

  it('gets a message whose function died before delivery when the sender repeats it, even if removed meanwhile (IM-SEND-2, IM-PUSH-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const storing = proxy.setBreakpoint({ route: 'sendMessage', operation: 'PutItem', when: 'after' });
    const lost = bob.gatewayFrame();
    void say(bob, id, 'hi').catch(() => undefined);
    await storing.reached;
    storing.fail('kill-after');
    await lost;
    expect((await send(a, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
    expect(await say(bob, id, 'hi')).toMatchObject({ type: 'sent', seq: 2, duplicate: true });
    expect(await alice.message('hi')).toMatchObject({ seq: 2 });
    expect(await say(bob, id, 'more')).toMatchObject({ type: 'error', code: 'not_found' });
  });

  it('keeps an admin when the one being appointed leaves at the same time (IM-GROUP)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const naming = proxy.setBreakpoint({ route: 'PATCH /groups/{id}', operation: 'TransactWriteItems' });
    const named = call(a, 'PATCH', `/groups/${id}`, { admins: [b] });
    await naming.reached;
    expect((await send(b, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
    naming.release();
    expect(await named).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((await call(a, 'GET', `/groups/${id}`)).body.admins).toEqual([a]);
  });
});

describe('a recall', () => {
  const recalled = (by: string) => ({ type: 'recalled', by, at: expect.any(Number) });

  it("of a message in delivery reaches an absent user's inbox before they read it (IM-FAULT-15)", async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const storing = proxy.setBreakpoint({
      function: 'StoreOffline',
      operation: 'BatchWriteItem',
      where: (_, input) => JSON.stringify(input).includes(b),
    });
    await alice.request({
      action: 'sendMessage',
      clientMsgId: 'oops',
      to: b,
      content: { type: 'text', text: 'oops' },
    });
    await storing.reached;
    expect(await alice.request({ action: 'recall', to: b, seq: 1 })).toMatchObject({ type: 'message' });
    const bob = await stack.join(b);
    storing.release();
    const { messages } = await bob.frame(({ type }) => type === 'messages');
    expect(messages[0].content).toEqual(recalled(a));
  });
});

/** Both users write. */
async function talk(a: string, b: string): Promise<void> {
  for (const [from, to] of [[a, b], [b, a]] as const) // biome-ignore format: a table
    await call(from, 'POST', '/messages', { clientMsgId: 'talk', to, content: textContent('hi') });
}

describe('typing', () => {
  it('is pushed to the other members, at most once in 2 s of the clocks that judge it, and to nobody else', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, laptop, bob] = [await stack.join(a), await stack.join(a), await stack.join(b)];
    laptop.send(JSON.stringify({ action: 'typing', to: b, typing: true }));
    await laptop.request({ action: 'heartbeat' });
    await proxy.untilIdle();
    await talk(a, b);
    expect(bob.frames.some(({ type }) => type === 'typing')).toBe(false);
    proxy.reset();
    for (let n = 0; n < 5; n += 1) alice.send(JSON.stringify({ action: 'typing', to: b, typing: true }));
    const push = await bob.frame(({ type }) => type === 'typing');
    expect(push).toEqual({ type: 'typing', conversationId: `dm:${a}:${b}`, userId: a, typing: true });
    await alice.request({ action: 'heartbeat' });
    await proxy.untilIdle();
    // The clocks of two instances may be 2 s apart, as on AWS: then a second one counts as later.
    expect(proxy.counts({ route: 'typing' }).posts).toBeOneOf([1, 2]);
    expect(laptop.frames.some(({ type }) => type === 'typing')).toBe(false);
  });
});

describe('presence', () => {
  it('shows the users with whom the caller has talked, with their last-seen times, and everybody else as absent (IM-PRESENCE-2, IM-REFUSE-4)', async () => {
    const [a, b, c, s] = [newUser('alice'), newUser('bob'), newUser('carol'), newUser('stranger')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const stranger = await stack.join(s);
    for (const peer of [b, c]) await talk(a, peer);
    // Neither shows the stranger: a message of theirs, or one of the caller.
    await stranger.request(sending(a, 'a-spam'));
    const ask = async () => {
      const { users } = await alice.request({ action: 'presence', userIds: [b, c, s] });
      return users;
    };
    await expect.poll(ask).toEqual([
      { userId: b, online: true, lastSeenAt: expect.any(Number) },
      { userId: c, online: false, lastSeenAt: null },
      { userId: s, online: false, lastSeenAt: null },
    ]);
    const gone = proxy.nextEnd({ route: '$disconnect' });
    await bob.close();
    await gone;
    await expect
      .poll(async () => (await ask())[0])
      .toEqual({ userId: b, online: false, lastSeenAt: expect.any(Number) });
    const id = await newGroup(a, [s]);
    const { users } = await alice.request({ action: 'presence', conversationId: id });
    expect(users).toMatchObject([a, s].sort().map((userId) => ({ userId, online: true })));
  });
});
