import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FaultKind, steps } from '../../local/aws-proxy/index.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { drain, historyOf, sending, sendUntilKnown } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { whileTimePasses } from './setup/time.ts';

const proxy = createTestProxy({ idleLinesBreakAt: ['dynamodb', 'sqs', 'connections', 'lambda'] });
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
});
afterEach(() => proxy.clearFaults());
afterAll(() => stack?.stop());

/** The queue waits for seconds between two posts. */
const timePasses = <Wanted>(wanted: Promise<Wanted>) =>
  whileTimePasses({ proxy, advance: stack.advanceQueues }, wanted);
const seqsOf = (messages: readonly Json[]) => messages.map(({ seq }) => seq);

describe('a failing store', () => {
  const faults: readonly FaultKind[] = ['throttle', 'error', 'error-after', 'cut-before', 'cut-after'];

  it.each(faults)(
    'that fails once, by %s, at any call of a send, still gives a true ack and one message (IM-INV-1, IM-FAULT-10)',
    async (fault) => {
      let users: [string, string] = ['', ''];
      const run = async (n: number) => {
        users = [newUser(`alice${n}`), newUser(`bob${n}`)];
        return sendUntilKnown(await stack.join(users[0]), users[1], 'hi');
      };
      for await (const step of steps(proxy, { route: 'sendMessage', service: 'dynamodb', run })) {
        step.fail(fault);
        const sent = await step.finished;
        expect(sent).toMatchObject({ type: 'sent' });
        expect(await historyOf(stack, ...users)).toMatchObject([
          { seq: sent.seq, messageId: sent.messageId },
        ]);
      }
    },
  );

  it.each([
    ['UpdateItem', 'Conversations', 'throttle'],
    ['BatchGetItem', 'Routes', 'error'],
    ['PutItem', 'Messages', 'throttle'],
    ['PutItem', 'Messages', 'error-after'],
    ['BatchGetItem', 'Routes', 'cut-after', 'after the commit'],
  ] as const)(
    'that keeps failing at %s of %s, by %s, gives `unavailable` and never an ack, and a repeat succeeds (IM-SEND-1, IM-FAULT-10)',
    async (operation, table, fault, when?: 'after the commit') => {
      const [a, b] = [newUser('alice'), newUser('bob')];
      const alice = await stack.join(a);
      proxy.reset();
      const isStored = () => proxy.calls.some((call) => call.operation === 'PutItem' && call.status === 200);
      const where = () => when === undefined || isStored();
      proxy.inject({ route: 'sendMessage', operation, table, fault, where });
      const refused = await alice.request(sending(b, 'hi'));
      expect(refused).toMatchObject({ type: 'error', code: 'unavailable', retryable: true });
      expect(JSON.stringify(refused)).not.toMatch(/Exception|Table|dynamo/i);
      proxy.clearFaults();
      const sent = await sendUntilKnown(alice, b, 'hi');
      expect(seqsOf(await historyOf(stack, a, b))).toEqual([sent.seq]);
      expect(await (await stack.join(b)).message('hi')).toMatchObject({ seq: sent.seq });
    },
  );

  it('that refuses the offline job gives `unavailable`: a message is acked only once it is kept (IM-SEND-1, IM-FAULT-10)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    proxy.inject({ route: 'sendMessage', service: 'sqs', fault: 'error' });
    expect(await alice.request(sending(b, 'hi'))).toMatchObject({ code: 'unavailable' });
    proxy.clearFaults();
    expect(await sendUntilKnown(alice, b, 'hi')).toMatchObject({ type: 'sent', duplicate: true, seq: 1 });
    await stack.inboxHolds(b, 1);
  });

  it('that refuses part of a batch fails that part only, and everything is kept in the end (IM-FAULT-5, IM-FAULT-10)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    proxy.inject({ function: 'StoreOffline', operation: 'BatchWriteItem', fault: 'unprocessed', times: 3 });
    for (let n = 1; n <= 12; n += 1) await alice.request(sending(b, `m${n}`));
    await stack.inboxHolds(b, 12);
  });
});

describe('a receiver that does not accept a post', () => {
  it('delays nobody: another device has the message while the first still hangs (IM-PUSH-2, IM-FAULT-11)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [phone, tablet] = [
      await stack.join(b, { deviceId: 'phone' }),
      await stack.join(b, { deviceId: 'tablet' }),
    ];
    const { connectionId } = await phone.request({ action: 'hello' });
    const stuck = proxy.setBreakpoint({ operation: 'PostToConnection', connection: connectionId });
    const alice = await stack.join(a);
    const answer = alice.request(sending(b, 'hi'));
    await stuck.reached;
    await tablet.message('hi');
    expect(phone.messages()).toEqual([]);
    // The function gives up after a second; the queue then delivers to this one connection.
    expect(await answer).toMatchObject({ type: 'sent' });
    stuck.release();
    await phone.message('hi');
    await stack.inboxHolds(b, 0);
  });

  it.each(['throttle', 'error', 'hang'] as const)(
    'because of %s gets the message from the queue (IM-FAULT-11)',
    async (fault) => {
      const [a, b] = [newUser('alice'), newUser('bob')];
      const bob = await stack.join(b);
      const alice = await stack.join(a);
      proxy.inject({ operation: 'PostToConnection', user: b, fault, times: 1 });
      expect(await alice.request(sending(b, 'hi'))).toMatchObject({ type: 'sent' });
      await timePasses(bob.message('hi'));
    },
  );

  it('for five rounds is disconnected, and finds the message when it reconnects (IM-PUSH-2, IM-FAULT-11)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const bob = await stack.join(b);
    const alice = await stack.join(a);
    proxy.inject({ operation: 'PostToConnection', user: b, fault: 'error' });
    await alice.request(sending(b, 'hi'));
    await timePasses(bob.closed);
    proxy.clearFaults();
    const again = await stack.join(b);
    expect(await again.message('hi')).toMatchObject({ seq: 1 });
  });
});

describe('a socket that AWS closed while the function was frozen', () => {
  it('costs a repeated request, not a trip through the queue: its posts arrive at once (IM-FAULT-19)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const devices = await Promise.all(
      ['phone', 'tablet', 'watch'].map((deviceId) => stack.join(b, { deviceId })),
    );
    const alice = await stack.join(a);
    await alice.request(sending(b, 'warm'));
    proxy.reset();
    for (const text of ['one', 'two', 'three']) {
      await alice.request(sending(b, text));
      await Promise.all(devices.map((device) => device.message(text)));
    }
    const counted = (operation: string) =>
      proxy.calls.filter((call) => call.operation === operation && call.function.includes('Socket')).length;
    expect(counted('PostToConnection')).toBe(9);
    expect(counted('SendMessageBatch')).toBe(0);
  });
});

describe('a socket that is cut', () => {
  it('after the commit and before the ack gets the original when it repeats the send: one message (IM-INV-1, IM-FAULT-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const committed = proxy.setBreakpoint({ route: 'sendMessage', operation: 'PutItem', when: 'after' });
    alice.send(JSON.stringify({ ...sending(b, 'hi'), id: '1' }));
    await committed.reached;
    alice.raw.terminate();
    await alice.closed;
    const ended = proxy.nextEnd({ route: 'sendMessage' });
    committed.release();
    await ended;
    const again = await stack.join(a);
    expect(await sendUntilKnown(again, b, 'hi')).toMatchObject({ type: 'sent', seq: 1, duplicate: true });
    expect(seqsOf(await historyOf(stack, a, b))).toEqual([1]);
  });

  it('at the receiver during delivery loses nothing: the message is in history, in the heads, and in the inbox if no session took it (IM-HELLO-3, IM-INV-4, IM-FAULT-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const bob = await stack.join(b, { deviceId: 'phone' });
    const { connectionId } = await bob.request({ action: 'hello' });
    const posting = proxy.setBreakpoint({ operation: 'PostToConnection', connection: connectionId });
    const alice = await stack.join(a);
    const answer = alice.request(sending(b, 'hi'));
    await posting.reached;
    stack.gateway.cut(connectionId, { silent: true });
    posting.release();
    expect(await answer).toMatchObject({ type: 'sent' });
    const again = await stack.join(b, { deviceId: 'phone' });
    const { body } = await stack.http(b, '/conversations');
    expect(body.conversations).toMatchObject([{ head: 1, lastMessage: { seq: 1 } }]);
    expect(seqsOf(await historyOf(stack, b, a))).toEqual([1]);
    expect(await again.message('hi')).toMatchObject({ seq: 1 });
  });
});

describe('the offline queue', () => {
  it('shows one message in the view when its records come twice, late, and in any order (IM-FAULT-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    for (const fault of ['duplicate', 'duplicate-late', 'reorder'] as const) {
      proxy.inject({ function: 'event-source', queue: 'Offline', fault, probability: 0.5 });
    }
    for (let n = 1; n <= 15; n += 1) await alice.request(sending(b, `m${n}`));
    await stack.inboxHolds(b, 15);
    const bob = await stack.join(b);
    const seen = new Set(seqsOf([...(await drain(bob)), ...bob.messages()]));
    expect([...seen].toSorted((x, y) => x - y)).toEqual(Array.from({ length: 15 }, (_, n) => n + 1));
  });
});
