/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BreakpointStage, steps } from '../../local/aws-proxy/index.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending, sendUntilKnown } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** Seq 1 is in volume 0, 2 and 3 in volume 1, 4 and 5 in volume 2. */
const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
    environment: { MESSAGES_PER_VOLUME: '2' },
  });
  const [a, b] = [newUser('warm'), newUser('warm')];
  await sendUntilKnown(await stack.join(a), b, 'warm');
});
afterAll(() => stack?.stop());

const STAGES: readonly BreakpointStage[] = ['before', 'after'];
const textsOf = (messages: readonly Json[]) => messages.map(({ content }) => content.text);

/** Alice's message on its way from one device, which a repeat from the other one will meet in the next volume. */
async function onItsWay() {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  const [first, second] = [
    await stack.join(alice, { deviceId: 'laptop' }),
    await stack.join(alice, { deviceId: 'phone' }),
  ];
  const other = await stack.join(bob);
  return { alice, bob, first, second, other };
}

describe('a message on its way while the history begins a new volume', () => {
  it.each(STAGES)(
    'is stored once, whichever of it and its repeat is first: at each call, %s the call (IM-SEND-2)',
    async (when) => {
      let people: Awaited<ReturnType<typeof onItsWay>> | undefined;
      let rounds = 0;
      const run = async () => {
        people = await onItsWay();
        return people.first.request(sending(people.bob, 'late'));
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        if (people === undefined) throw new Error('nobody');
        rounds += 1;
        const { alice, bob, second, other } = people;
        await other.request(sending(alice, 'between'));
        const again = await second.request(sending(bob, 'late'));
        step.release();
        const { seq, messageId } = await step.finished;
        expect(again).toMatchObject({ type: 'sent', seq, messageId });
        const texts = textsOf(await historyOf(stack, bob, alice));
        expect(texts.toSorted()).toEqual(['between', 'late']);
      }
      expect(rounds).toBeGreaterThanOrEqual(4);
    },
  );

  it.each(STAGES)(
    'is stored once if its function is killed: at each call, %s the call (IM-SEND-2, IM-FAULT-3)',
    async (when) => {
      let people: Awaited<ReturnType<typeof onItsWay>> | undefined;
      const run = async () => {
        people = await onItsWay();
        const answer = people.first.request(sending(people.bob, 'late'));
        return Promise.race([answer, people.first.gatewayFrame()]);
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        if (people === undefined) throw new Error('nobody');
        const { alice, bob, first, second, other } = people;
        await other.request(sending(alice, 'between'));
        step.fail(when === 'before' ? 'kill' : 'kill-after');
        await step.finished;
        const again = await sendUntilKnown(second, bob, 'late');
        expect(await sendUntilKnown(first, bob, 'late')).toMatchObject({ seq: again.seq, duplicate: true });
        const texts = textsOf(await historyOf(stack, bob, alice));
        expect(texts.toSorted()).toEqual(['between', 'late']);
      }
    },
  );
});

describe('a conversation of many volumes', () => {
  it('is one history to its users: pages, unread, changes, replies (IM-CHANGE-2, IM-REPLY, IM-INV-6)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const socket = await stack.join(alice);
    const texts = Array.from({ length: 11 }, (_, n) => `m${n + 1}`);
    for (const text of texts) await sendUntilKnown(socket, bob, text);
    const reply = { ...sending(bob, 'm12'), replyTo: 3, mentions: [bob] };
    expect(await socket.request(reply)).toMatchObject({ type: 'sent', seq: 12 });
    const conversationId = `dm:${alice}:${bob}`;
    const path = `/conversations/${encodeURIComponent(conversationId)}`;
    const pages: string[] = [];
    for (let before = 99; ; ) {
      const { body } = await stack.http(bob, `${path}/messages?before=${before}&limit=5`);
      pages.unshift(...textsOf(body.messages));
      if (!body.hasMore) break;
      before = body.messages[0].seq;
    }
    expect(pages).toEqual([...texts, 'm12']);
    const { body: list } = await stack.http(bob, '/conversations');
    expect(list.conversations).toMatchObject([{ unread: 12, mentioned: 1, lastMessage: { seq: 12 } }]);
    for (const seq of [11, 1, 6]) {
      const edit = {
        action: 'edit',
        conversationId,
        seq,
        editId: `e${seq}`,
        content: sending(bob, 'new').content,
      };
      expect(await socket.request(edit)).toMatchObject({ type: 'message', message: { seq, rev: 1 } });
    }
    const { body: feed } = await stack.http(bob, `${path}/changes?since=0`);
    expect(feed.reset).toBe(true);
    const { body: changes } = await stack.http(bob, `${path}/changes?since=${feed.serverTime - 60_000}`);
    expect(changes.messages.map(({ seq }: Json) => seq)).toEqual([11, 1, 6]);
  });
});
