import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from './setup/json.ts';
import type { TestSocket } from './setup/socket.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

const seqsOf = ({ messages }: Json) => messages.map(({ seq }: Json) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function sendMany(sender: TestSocket, to: string, count: number, text = (n: number) => `m${n}`) {
  for (let n = 1; n <= count; n += 1) {
    const content = { type: 'text', text: text(n) };
    expect(await sender.request({ action: 'sendMessage', clientMsgId: `c${n}`, to, content })).toMatchObject({
      seq: n,
    });
  }
}

describe('messages to an absent user', () => {
  it('wait in the inbox and come with the welcome, and never again once acknowledged (IM-HELLO-1, IM-HELLO-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await sendMany(await stack.join(a), b, 3);
    await stack.inboxHolds(b, 3);
    const bob = await stack.open(b);
    const welcome = await bob.request({ action: 'hello' });
    expect(welcome).toEqual({
      type: 'welcome',
      id: welcome.id,
      userId: b,
      deviceId: expect.any(String),
      connectionId: expect.any(String),
      serverTime: expect.any(Number),
      session: { expiresAt: expect.any(Number) },
      heartbeatIntervalMs: 480_000,
      inbox: { messages: expect.any(Array), batch: expect.any(String), more: false },
    });
    expect(seqsOf(welcome.inbox)).toEqual([1, 2, 3]);
    expect(welcome.inbox.messages[0]).toMatchObject({
      from: a,
      content: { type: 'text', text: 'm1' },
      clientMsgId: 'c1',
    });
    const acked = await bob.request({ action: 'ackInbox', batch: welcome.inbox.batch });
    expect(acked).toEqual({ type: 'inbox', id: acked.id, messages: [], batch: null, more: false });
    expect((await bob.request({ action: 'hello' })).inbox).toEqual({
      messages: [],
      batch: null,
      more: false,
    });
  });

  it('come again at the next hello until acknowledged, and acknowledging is idempotent (IM-HELLO-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await sendMany(await stack.join(a), b, 1);
    await stack.inboxHolds(b, 1);
    const dropped = await stack.join(b);
    dropped.raw.terminate();
    await dropped.closed;
    const bob = await stack.open(b);
    const { inbox } = await bob.request({ action: 'hello' });
    expect(seqsOf(inbox)).toEqual([1]);
    const ack = { action: 'ackInbox', batch: inbox.batch };
    expect(await bob.request(ack)).toMatchObject({ type: 'inbox', batch: null });
    expect(await bob.request(ack)).toMatchObject({ type: 'inbox', batch: null });
  });

  it('come in pages of 50, the last with batch null (IM-HELLO-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await sendMany(await stack.join(a), b, 60);
    await stack.inboxHolds(b, 60);
    const bob = await stack.open(b);
    const { inbox } = await bob.request({ action: 'hello' });
    expect([seqsOf(inbox), inbox.more]).toEqual([range(1, 50), true]);
    const second = await bob.request({ action: 'ackInbox', batch: inbox.batch });
    expect([seqsOf(second), second.more]).toEqual([range(51, 60), false]);
    expect(await bob.request({ action: 'ackInbox', batch: second.batch })).toMatchObject({
      messages: [],
      batch: null,
    });
    await stack.inboxHolds(b, 0);
  });

  it('fit into frames below 28 KB however long they are (IM-HELLO-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await sendMany(await stack.join(a), b, 4, () => 'é'.repeat(6_000));
    await stack.inboxHolds(b, 4);
    const bob = await stack.open(b);
    const seen: number[][] = [];
    let page = (await bob.request({ action: 'hello' })).inbox;
    while (page.batch !== null) {
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(28 * 1024);
      seen.push(seqsOf(page));
      page = await bob.request({ action: 'ackInbox', batch: page.batch });
    }
    expect(seen).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('cannot be acknowledged with an altered batch or by another user (IM-HELLO-2, IM-REFUSE-5)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    await sendMany(alice, b, 1);
    await stack.inboxHolds(b, 1);
    const bob = await stack.open(b);
    const { batch } = (await bob.request({ action: 'hello' })).inbox;
    const refused = { type: 'error', code: 'invalid_request' };
    expect(await alice.request({ action: 'ackInbox', batch })).toMatchObject(refused);
    expect(await bob.request({ action: 'ackInbox', batch: `A${batch}` })).toMatchObject(refused);
    expect(await bob.request({ action: 'ackInbox', batch: '' })).toMatchObject(refused);
    await stack.inboxHolds(b, 1);
  });

  it('do not fill the inbox of a user who is online with another device', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    await (await stack.join(b, { deviceId: 'tablet' })).close();
    const phone = await stack.join(b, { deviceId: 'phone' });
    await sendMany(alice, b, 1);
    await phone.message('m1');
    const tablet = await stack.open(b, { deviceId: 'tablet' });
    expect((await tablet.request({ action: 'hello' })).inbox.batch).toBeNull();
    // A second device finds the message by heads and history (IM-HELLO-3).
    const { body } = await stack.http(b, '/conversations');
    expect(body.conversations).toMatchObject([{ head: 1, lastMessage: { content: { text: 'm1' } } }]);
  });

  it('are pushed to a plain session without a request, and count as delivered once posted (IM-CONN-6)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    await sendMany(alice, b, 3);
    await stack.inboxHolds(b, 3);
    const bob = await stack.open(b, { mode: 'plain' });
    await bob.message('m3');
    expect(bob.messages().map(({ seq }) => seq)).toEqual([1, 2, 3]);
    await stack.inboxHolds(b, 0);
    await alice.request({
      action: 'sendMessage',
      clientMsgId: 'live',
      to: b,
      content: { type: 'text', text: 'live' },
    });
    await bob.message('live');
  });
});
