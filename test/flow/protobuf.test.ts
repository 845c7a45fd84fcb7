import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeServerFrame } from '../../protocol/protobuf.ts';
import { deskEnvironment, isDeskMissing, newQueue } from './setup/desk.ts';
import { sending } from './setup/sends.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat({ environment: deskEnvironment() });
});
afterAll(() => stack?.stop());

const inProtobuf = { protobuf: true };

describe('a Protobuf session', () => {
  it('gets replies and pushes in Protobuf, and talks with a JSON session (IM-PB)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await stack.join(alice, inProtobuf);
    const receiver = await stack.join(bob);
    expect(sender.raw.protocol).toBe('im.v1.pb');
    const content = {
      type: 'custom',
      data: { votes: [1, null, { ['__proto__']: 'x' }] },
      fallback: 'a vote',
    };
    const sent = await sender.request({ action: 'sendMessage', clientMsgId: 'c1', to: bob, content });
    expect(sent).toMatchObject({ type: 'sent', clientMsgId: 'c1', seq: 1, duplicate: false });
    const push = await receiver.frame(({ type }) => type === 'messages');
    expect(push.messages).toMatchObject([{ from: alice, seq: 1, content }]);
    await receiver.request(sending(alice, 'and-back'));
    expect(await sender.message('and-back')).toMatchObject({ from: bob, seq: 2 });
    expect(sender.frames.map(({ type }) => type)).toEqual(['welcome', 'sent', 'messages']);
  });

  it('has the same actions as a JSON session (IM-PB)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const [socket, other] = [await stack.join(alice, inProtobuf), await stack.join(bob)];
    const { conversationId } = await socket.request(sending(bob, 'hi'));
    await other.message('hi');
    await other.request(sending(alice, 'hello'));
    expect(await socket.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
    await expect
      .poll(() => socket.request({ action: 'presence', userIds: [bob] }))
      .toMatchObject({ users: [{ userId: bob, online: true, lastSeenAt: expect.any(Number) }] });
    const token = await stack.token(alice, { expiresInSeconds: 1_800 });
    expect(await socket.request({ action: 'renew', token })).toMatchObject({ type: 'session' });
    await other.request({ action: 'read', conversationId, seq: 1 });
    expect(await socket.frame(({ type }) => type === 'read')).toEqual({
      type: 'read',
      conversationId,
      userId: bob,
      seq: 1,
    });
  });

  it.skipIf(isDeskMissing)(
    "has the desk's actions and pushes: open, ready, transfer, close with a rating, away (IM-PB, IM-DESK)",
    async () => {
      const queue = newQueue();
      const [bob, ann] = [newUser('bob'), newUser('ann')];
      const customer = await stack.join(bob, inProtobuf);
      const agent = await stack.join(ann, {
        ...inProtobuf,
        token: await stack.token(ann, { roles: ['agent'] }),
      });
      const { type, chat } = await customer.request({ action: 'desk.open', queue, topic: 'oars' });
      expect({ type, chat }).toMatchObject({
        type: 'desk.chat',
        chat: { queue, state: 'waiting', customer: bob, agent: null, topic: 'oars', position: 1 },
      });
      const { conversationId } = chat;
      const refused = await customer.request({ action: 'desk.ready', queues: [queue], capacity: 1 });
      expect(refused).toMatchObject({ type: 'error', code: 'forbidden' });
      const ready = await agent.request({ action: 'desk.ready', queues: [queue], capacity: 1 });
      expect(ready).toMatchObject({
        type: 'desk.agent',
        agent: { userId: ann, status: 'ready', capacity: 1 },
      });
      for (const socket of [customer, agent]) {
        const pushed = await socket.frame((frame) => frame.type === 'desk.assigned');
        expect(pushed.chat).toMatchObject({ conversationId, state: 'assigned', agent: { userId: ann } });
      }
      const toNobody = { action: 'desk.transfer', conversationId, to: newUser('nobody') };
      expect(await agent.request(toNobody)).toMatchObject({ type: 'error', code: 'conflict' });
      const away = await agent.request({ action: 'desk.away' });
      expect(away).toMatchObject({ type: 'desk.agent', agent: { status: 'away', active: 1 } });
      const closed = await customer.request({ action: 'desk.close', conversationId, rating: 4 });
      expect(closed.chat).toMatchObject({ state: 'closed', rating: 4 });
      const end = await agent.frame(
        (frame) => frame.type === 'desk.updated' && frame.chat.state === 'closed',
      );
      expect(end.chat).toMatchObject({ conversationId, rating: 4 });
    },
  );

  it('gets its inbox page by page, each within one gateway frame (IM-PB, IM-HELLO-1)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await stack.join(alice);
    // Two fit a page, whatever the length of the users' names.
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(8_000));
    for (const [index, text] of texts.entries()) {
      await sender.request({ ...sending(bob, text, `c${index}`) });
      await stack.inboxHolds(bob, index + 1);
    }
    const sizes: number[] = [];
    const receiver = await stack.open(bob, inProtobuf);
    receiver.raw.on('message', (data) => sizes.push(String(data).length));
    let { inbox } = await receiver.request({ action: 'hello' });
    const got: string[] = [];
    while (inbox.batch !== null) {
      got.push(...inbox.messages.map(({ content }: { content: { text: string } }) => content.text));
      inbox = await receiver.request({ action: 'ackInbox', batch: inbox.batch });
    }
    expect(got).toEqual(texts);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(28 * 1024);
    expect(sizes).toHaveLength(3);
  });

  it('gets errors in Protobuf and stays open (IM-PB, IM-FRAME-3)', async () => {
    const socket = await stack.join(newUser('alice'), inProtobuf);
    for (const [garbage, code] of [
      ['{"id":"1"}', 'bad_frame'],
      ['CgM=', 'bad_frame'],
    ] as const) {
      const reply = socket.nextText();
      socket.send(garbage);
      expect(decodeServerFrame(await reply)).toMatchObject({ type: 'error', id: null, code });
    }
    const reply = socket.nextText();
    socket.send('heartbeat');
    expect(await reply).toBe('heartbeat');
    const invalid = await socket.request({ action: 'sendMessage', clientMsgId: 'a b', to: 'bob' });
    expect(invalid).toMatchObject({ type: 'error', code: 'invalid_request' });
    expect(invalid.issues.map(({ path }: { path: string }) => path)).toEqual(['clientMsgId', 'content']);
  });

  it('gets the reason for its end in Protobuf (IM-PB, IM-CONN-4)', async () => {
    const alice = newUser('alice');
    const old = await stack.join(alice, { ...inProtobuf, deviceId: 'phone' });
    await stack.join(alice, { deviceId: 'phone' });
    expect(await old.frame(({ type }) => type === 'session.closed')).toMatchObject({ code: 'replaced' });
    await old.closed;
  });

  it('is refused in Protobuf when it is over (IM-PB, IM-FRAME-2)', async () => {
    const socket = await stack.join(newUser('alice'), inProtobuf);
    const token = await stack.token(newUser('mallory'));
    const refusal = await socket.request({ action: 'renew', token });
    expect(refusal).toMatchObject({ type: 'error', code: 'identity_mismatch' });
    await socket.closed;
  });
});
