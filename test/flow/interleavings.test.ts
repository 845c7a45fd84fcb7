/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BreakpointStage, type Call, steps } from '../../local/aws-proxy/index.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending, sendUntilKnown } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { killWorker } from './setup/worker-death.ts';

/**
 * The flow is stopped at every AWS call in turn, the other side acts there, and the flow goes on. Nothing here waits
 * for time: what must not be seen too early or too late is stood at, not slept over.
 */
const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
  // A cold start would take longer than a hold may last.
  const [a, b] = [newUser('warm'), newUser('warm')];
  const socket = await stack.join(a);
  await sendUntilKnown(socket, b, 'warm');
  await stack.inboxHolds(b, 1);
  await stack.join(b);
});
afterAll(() => stack?.stop());

const STAGES: readonly BreakpointStage[] = ['before', 'after'];

describe('a receiver who connects during delivery', () => {
  it.each(['sendMessage', 'StoreOffline'].flatMap((name) => STAGES.map((when) => [name, when] as const)))(
    'sees the message without another reconnect: at each call of %s, %s the call (IM-PUSH-2, IM-FAULT-8)',
    async (name, when) => {
      let rounds = 0;
      let bob = '';
      const isStoring = name === 'StoreOffline';
      // An earlier test's message may still be in the offline queue.
      const his = new Set<string | undefined>();
      const isHis = ({ requestId }: Call, input: unknown) => {
        const isAbout = (JSON.stringify(input) ?? '').includes(bob);
        if (isAbout) his.add(requestId);
        return isAbout;
      };
      const stored = () =>
        new Promise<void>((resolve) => {
          const stop = proxy.onInvocation(({ requestId }) => {
            if (!his.has(requestId)) return;
            stop();
            resolve();
          });
        });
      const run = async (n: number) => {
        bob = newUser(`bob${n}-`);
        const alice = await stack.join(newUser('alice'));
        // Start waiting now: on a busy machine it may end before the ack arrives.
        const isStored = isStoring ? stored() : undefined;
        const sent = await alice.request(sending(bob, 'hi'));
        expect(sent).toMatchObject({ type: 'sent', seq: 1 });
        await isStored;
      };
      const match = isStoring ? { function: name, when, run, where: isHis } : { route: name, when, run };
      for await (const step of steps(proxy, match)) {
        rounds += 1;
        const socket = await stack.join(bob);
        step.release();
        await step.finished;
        expect(await socket.message('hi')).toMatchObject({ seq: 1 });
      }
      expect(rounds).toBeGreaterThanOrEqual(2);
    },
  );

  it('sees the message when a post found their connection still opening (IM-PUSH-2, IM-FAULT-7)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await stack.join(alice);
    const connecting = proxy.setBreakpoint({ route: '$connect', operation: 'UpdateItem', when: 'after' });
    const upgrade = stack.open(bob);
    await connecting.reached;
    const stored = proxy.nextEnd({ function: 'StoreOffline' });
    expect(await sender.request(sending(bob, 'hi'))).toMatchObject({ type: 'sent' });
    expect(proxy.calls.some(({ error, user }) => error === 'GoneException' && user === bob)).toBe(true);
    await stored;
    connecting.release();
    const socket = await upgrade;
    await socket.request({ action: 'hello' });
    expect(await socket.message('hi')).toMatchObject({ seq: 1 });
  });
});

/** Whether the socket took a post. Asked when the send is over: the early posts run beside the held call. */
function hasTaken(socket: TestSocket | undefined): boolean {
  const connectionId = socket?.frames.find(({ type }) => type === 'welcome')?.connectionId;
  return proxy.calls.some(
    (call) =>
      call.operation === 'PostToConnection' && call.connectionId === connectionId && call.status === 200,
  );
}

describe('a receiver whose session ends during delivery', () => {
  const where = STAGES.flatMap((when) =>
    (['the same device', 'another device'] as const).map((d) => [when, d] as const),
  );

  it.each(where)(
    'sees the message on the next session: at each call of SendMessage, %s the call, %s connects (IM-PUSH-2, IM-CONN-4, IM-FAULT-2)',
    async (when, which) => {
      let rounds = 0;
      let bob = '';
      let old: TestSocket | undefined;
      const run = async (n: number) => {
        bob = newUser(`bob${n}`);
        old = await stack.join(bob, { deviceId: 'phone' });
        const alice = await stack.join(newUser('alice'));
        return alice.request(sending(bob, 'hi'));
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        rounds += 1;
        const ended = proxy.nextEnd({ route: '$disconnect' });
        if (which === 'another device') old?.raw.terminate();
        const fresh = await stack.join(bob, { deviceId: which === 'another device' ? 'tablet' : 'phone' });
        await ended;
        step.release();
        expect(await step.finished).toMatchObject({ type: 'sent', seq: 1 });
        if (!hasTaken(old)) expect(await fresh.message('hi')).toMatchObject({ seq: 1 });
      }
      expect(rounds).toBeGreaterThanOrEqual(5);
    },
  );

  it.each(STAGES)(
    'finds the message in the inbox on return: the session ends at each call of SendMessage, %s the call (IM-PUSH-2, IM-FAULT-2)',
    async (when) => {
      let bob = '';
      let old: TestSocket | undefined;
      const run = async (n: number) => {
        bob = newUser(`bob${n}`);
        old = await stack.join(bob);
        const alice = await stack.join(newUser('alice'));
        return alice.request(sending(bob, 'hi'));
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        const ended = proxy.nextEnd({ route: '$disconnect' });
        await old?.close();
        await ended;
        step.release();
        expect(await step.finished).toMatchObject({ type: 'sent', seq: 1 });
        if (hasTaken(old)) continue;
        await stack.inboxHolds(bob, 1);
        expect(await (await stack.join(bob)).message('hi')).toMatchObject({ seq: 1 });
      }
    },
  );

  it.each(STAGES)(
    "gets the message along with the sender's other device, which connects at each call of SendMessage, %s the call (IM-SEND-5)",
    async (when) => {
      let [alice, bob] = ['', ''];
      const run = async (n: number) => {
        [alice, bob] = [newUser(`alice${n}`), newUser(`bob${n}`)];
        const receiver = await stack.join(bob);
        const sender = await stack.join(alice);
        proxy.reset();
        await sender.request(sending(bob, 'hi'));
        return receiver;
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        const isStored = proxy.calls.some(
          ({ operation, endMs }) => operation === 'PutItem' && endMs !== undefined,
        );
        const isAboutToLook = when === 'before' && step.call.operation === 'BatchGetItem';
        const tablet = await stack.join(alice);
        step.release();
        const receiver = await step.finished;
        expect(await receiver.message('hi')).toMatchObject({ seq: 1 });
        if (!isStored || isAboutToLook) expect(await tablet.message('hi')).toMatchObject({ seq: 1 });
      }
    },
  );
});

describe('a late $connect', () => {
  it('does not replace the socket that the device has opened since (IM-CONN-4, IM-FAULT-9)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const device = { deviceId: 'phone' };
    const late = proxy.setBreakpoint({ route: '$connect', operation: 'UpdateItem' });
    const givenUp = stack.open(bob, device).catch((error: unknown) => error);
    await late.reached;
    const socket = await stack.join(bob, device);
    late.release();
    expect(await givenUp).toMatchObject({ status: 409 });
    await (await stack.join(alice)).request(sending(bob, 'hi'));
    await socket.message('hi');
    expect(await socket.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
    expect(socket.frames.filter(({ type }) => type === 'session.closed')).toEqual([]);
  });
});

describe('a late $disconnect', () => {
  it.each(STAGES)(
    "leaves the device's newer session alone, %s its call (IM-CONN-5, IM-FAULT-9)",
    async (when) => {
      let bob = '';
      const device = { deviceId: 'phone' };
      const run = async (n: number) => {
        bob = newUser(`bob${n}`);
        const old = await stack.join(bob, device);
        const ended = proxy.nextEnd({ route: '$disconnect' });
        old.raw.terminate();
        await ended;
      };
      for await (const step of steps(proxy, { route: '$disconnect', when, run })) {
        const fresh = await stack.join(bob, device);
        step.release();
        await step.finished;
        const alice = await stack.join(newUser('alice'));
        await alice.request(sending(bob, 'hi'));
        expect(await fresh.message('hi')).toMatchObject({ seq: 1 });
        await stack.inboxHolds(bob, 0);
      }
    },
  );
});

describe('a sender whose function dies', () => {
  const cases = STAGES.flatMap((when) =>
    (['online', 'away'] as const).map((where) => [when, where] as const),
  );

  it.each(cases)(
    'at any call, %s the call is made, repeats and delivers one message to a receiver who is %s (IM-SEND-1, IM-SEND-2, IM-FAULT-3)',
    async (when, where) => {
      let rounds = 0;
      let users: [string, string] = ['', ''];
      const run = async (n: number) => {
        users = [newUser(`alice${n}`), newUser(`bob${n}`)];
        const [a, b] = users;
        const receiver = where === 'online' ? await stack.join(b) : undefined;
        const sender = await stack.join(a);
        const sent = await sendUntilKnown(sender, b, 'hi');
        return { sent, receiver };
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        rounds += 1;
        step.fail(when === 'before' ? 'kill' : 'kill-after');
        const { sent, receiver } = await step.finished;
        const [a, b] = users;
        expect(sent).toMatchObject({ type: 'sent' });
        const { seq, messageId } = sent;
        expect(await historyOf(stack, a, b)).toMatchObject([{ seq, messageId, content: { text: 'hi' } }]);
        if (receiver === undefined) await stack.inboxHolds(b, 1);
        const seen = await (receiver ?? (await stack.join(b))).message('hi');
        expect(seen).toMatchObject({ seq, messageId });
      }
      expect(rounds).toBeGreaterThanOrEqual(5);
    },
  );
});

describe("the offline queue's consumer", () => {
  it.each(STAGES)(
    'loses nothing when it dies at any call, %s the call is made: the record comes again (IM-PUSH-2, IM-FAULT-3)',
    async (when) => {
      let bob = '';
      const run = async (n: number) => {
        bob = newUser(`bob${n}`);
        const alice = await stack.join(newUser('alice'));
        await alice.request(sending(bob, 'hi'));
        await stack.inboxHolds(bob, 1);
      };
      for await (const step of steps(proxy, { function: 'StoreOffline', when, run })) {
        await killWorker({ proxy, stack }, step, when);
        await step.finished;
        expect(await (await stack.join(bob)).message('hi')).toMatchObject({ seq: 1 });
      }
    },
  );
});
