/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BreakpointStage, type Call, steps } from '../../local/aws-proxy/index.ts';
import { assigned, deskEnvironment, deskOf, events, newQueue, openChat, updated } from './setup/desk.ts';
import { say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import type { TestSocket } from './setup/socket.ts';
import { type Stack, startStack } from './setup/stack.ts';
import { whileTimePasses } from './setup/time.ts';
import { killWorker } from './setup/worker-death.ts';

/** The flow is held at each of the desk's AWS calls, where the other side acts or the function dies. */
const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    environment: deskEnvironment({ DESK_AGENT_GRACE_SECONDS: '1' }),
    // Unequal, but by less than the grace period, which would be over at once for a worker that is ahead.
    clockOffsetMs: (instance) => (instance % 2 === 0 ? -400 : 400),
    onWarning: () => undefined,
  });
});
afterAll(() => stack?.stop());

const { customer, readyAgent, historyOf } = deskOf(() => stack);
const STAGES: readonly BreakpointStage[] = ['before', 'after'];

/** Matches calls about this queue or this conversation only. */
const about = (name: string) => (_: unknown, input: unknown) => (JSON.stringify(input) ?? '').includes(name);

/** Holds the call that assigns a chat of the queue. */
const claimIn = (queue: string) =>
  proxy.setBreakpoint({
    function: 'MatchDesk',
    operation: 'TransactWriteItems',
    where: about(`"q#${queue}"`),
  });

async function agentOf(socket: TestSocket): Promise<Json> {
  return (await socket.request({ action: 'desk.away' })).agent;
}

describe('the match worker', () => {
  it.each(STAGES)(
    'loses no chat and assigns none twice when it dies at any call, %s the call is made (IM-DESK-6, IM-FAULT-3)',
    async (when) => {
      let queue = '';
      let people: Json = {};
      // Not the events of earlier rounds and tests, whose number depends on how long this takes.
      const requests = new Set<string | undefined>();
      const where = (call: Call, input: unknown) => {
        if (about(`"q#${queue}"`)(call, input)) requests.add(call.requestId);
        return requests.has(call.requestId);
      };
      const run = async () => {
        queue = newQueue();
        const ann = await readyAgent(queue, 3);
        const bob = await customer();
        const { conversationId } = await openChat(bob, queue);
        people = { ann, bob, conversationId };
        await Promise.all([assigned(ann, conversationId), assigned(bob, conversationId)]);
      };
      let rounds = 0;
      for await (const step of steps(proxy, { function: 'MatchDesk', when, where, run })) {
        rounds += 1;
        await killWorker({ proxy, stack }, step, when);
        await step.finished;
        const { ann, conversationId } = people;
        expect(events(await historyOf(ann.user, conversationId))).toEqual(['opened', 'assigned']);
        expect((await agentOf(ann.socket)).active).toBe(1);
      }
      expect(rounds).toBeGreaterThanOrEqual(2);
    },
  );

  it('gives a chat to one agent when two workers claim it (IM-DESK-6)', async () => {
    const queue = newQueue();
    const claiming = claimIn(queue);
    const [bob, eve] = [await customer(), await customer()];
    const { conversationId } = await openChat(bob, queue);
    const ann = await readyAgent(queue);
    await claiming.reached;
    // The event of another chat starts a second worker, which claims the same chat first.
    const zoe = await readyAgent(queue);
    await openChat(eve, queue);
    await Promise.race([assigned(ann, conversationId), assigned(zoe, conversationId)]);
    claiming.release();
    await Promise.all([ann, zoe].map(({ socket }) => socket.frame(({ type }) => type === 'desk.assigned')));
    expect(events(await historyOf(bob.user, conversationId))).toEqual(['opened', 'assigned']);
    for (const { socket } of [ann, zoe]) {
      expect(socket.frames.filter(({ type }) => type === 'desk.assigned')).toHaveLength(1);
      expect((await agentOf(socket)).active).toBe(1);
    }
  });

  it('gives nothing to an agent who goes away during the claim, and gives the chat to the next one (IM-DESK-4, IM-DESK-6)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const { conversationId } = await openChat(bob, queue);
    const claiming = claimIn(queue);
    const ann = await readyAgent(queue);
    await claiming.reached;
    expect(await agentOf(ann.socket)).toMatchObject({ status: 'away', active: 0 });
    claiming.release();
    const zoe = await readyAgent(queue);
    expect(await assigned(zoe, conversationId)).toMatchObject({ agent: { userId: zoe.user } });
    expect((await agentOf(ann.socket)).active).toBe(0);
  });

  it('assigns no chat that is closed during the claim (IM-DESK-3, IM-DESK-6)', async () => {
    const queue = newQueue();
    const [bob, eve] = [await customer(), await customer()];
    const { conversationId } = await openChat(bob, queue);
    const claiming = claimIn(queue);
    const ann = await readyAgent(queue);
    await claiming.reached;
    const closed = await bob.socket.request({ action: 'desk.close', conversationId });
    expect(closed.chat.state).toBe('closed');
    claiming.release();
    const second = await openChat(eve, queue);
    await assigned(ann, second.conversationId);
    expect(events(await historyOf(bob.user, conversationId))).toEqual(['opened', 'closed']);
    expect((await agentOf(ann.socket)).active).toBe(1);
  });

  it('starts again when a message arrives during the claim, so no seq is used twice (IM-DESK-2, IM-INV-3)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const { conversationId } = await openChat(bob, queue);
    const claiming = claimIn(queue);
    const ann = await readyAgent(queue);
    await claiming.reached;
    expect(await say(bob.socket, conversationId, 'meanwhile')).toMatchObject({ seq: 2 });
    claiming.release();
    await assigned(ann, conversationId);
    const messages = await historyOf(ann.user, conversationId);
    expect(events(messages)).toEqual(['opened', 'meanwhile', 'assigned']);
    expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('misses no message that is stored during the claim: the agent gets it in order (IM-DESK-2)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const { conversationId } = await openChat(bob, queue);
    // Its seq is allocated before the assignment; it is stored after.
    const storing = proxy.setBreakpoint({
      route: 'sendMessage',
      operation: 'PutItem',
      where: about(conversationId),
    });
    const sending = say(bob.socket, conversationId, 'wait');
    await storing.reached;
    const ann = await readyAgent(queue);
    await assigned(ann, conversationId);
    storing.release();
    const { seq } = await sending;
    expect(await ann.socket.message('wait')).toMatchObject({ seq });
    expect(events(await historyOf(ann.user, conversationId))).toEqual(['opened', 'wait', 'assigned']);
  });
});

describe('a desk function that dies', () => {
  it.each([
    ['before', 'kill'],
    ['after', 'kill-after'],
  ] as const)(
    'while it opens a chat, %s any call, leaves one chat when the customer asks again (IM-DESK-1, IM-FAULT-3)',
    async (when, fault) => {
      const queue = newQueue();
      const bob = await customer();
      const opening = proxy.setBreakpoint({
        route: 'desk.open',
        operation: 'TransactWriteItems',
        when,
        where: about(`"q#${queue}"`),
      });
      const frame = { action: 'desk.open', queue };
      const lost = bob.socket.gatewayFrame();
      bob.socket.send(JSON.stringify({ id: 'lost', ...frame }));
      await opening.reached;
      opening.fail(fault);
      await lost;
      const { chat } = await bob.socket.request(frame);
      const ann = await readyAgent(queue, 2);
      await assigned(ann, chat.conversationId);
      expect((await agentOf(ann.socket)).active).toBe(1);
      expect(events(await historyOf(bob.user, chat.conversationId))).toEqual(['opened', 'assigned']);
    },
  );

  it('after it opened a chat and before its event, is repaired by the watchdog job: the customer is served (IM-DESK-6, IM-FAULT-3)', async () => {
    const queue = newQueue();
    const matching = proxy.setBreakpoint({ function: 'MatchDesk', where: about(`"q#${queue}"`) });
    const ann = await readyAgent(queue);
    // The event of becoming ready must be over: it would find the customer, too.
    await matching.reached;
    const matched = proxy.nextEnd({ function: 'MatchDesk' });
    matching.release();
    await matched;
    const bob = await customer();
    const opening = proxy.setBreakpoint({
      route: 'desk.open',
      operation: 'TransactWriteItems',
      when: 'after',
      where: about(`"q#${queue}"`),
    });
    bob.socket.send(JSON.stringify({ id: 'lost', action: 'desk.open', queue }));
    await opening.reached;
    opening.fail('kill-after');
    // Nobody asks again; the watchdog job runs after 12 s.
    const { chat } = await whileTimePasses(
      { proxy, advance: stack.advanceQueues },
      ann.socket.frame(({ type }) => type === 'desk.assigned'),
    );
    expect(chat).toMatchObject({ customer: bob.user, queue });
  });

  it("after an agent went away, before the agent's other tab knows it, is repaired by the watchdog event (IM-DESK-8, IM-FAULT-3)", async () => {
    const ann = await readyAgent(newQueue());
    const tab = await deskOf(() => stack).agent(ann.user, 'tablet');
    const leaving = proxy.setBreakpoint({
      route: 'desk.away',
      operation: 'TransactWriteItems',
      when: 'after',
      where: about(ann.user),
    });
    ann.socket.send(JSON.stringify({ id: 'lost', action: 'desk.away' }));
    await leaving.reached;
    leaving.fail('kill-after');
    stack.advanceQueues(12);
    const { agent } = await tab.socket.frame(({ type }) => type === 'desk.agent');
    expect(agent).toMatchObject({ userId: ann.user, status: 'away' });
  });
});

describe('an agent who disappears', () => {
  it('is offline after the grace period: the chat returns to the head of the queue, and the next agent gets all of it (IM-DESK-7)', async () => {
    const queue = newQueue();
    const [bob, eve] = [await customer(), await customer()];
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    await say(bob.socket, conversationId, 'help');
    const behind = await openChat(eve, queue);
    ann.socket.raw.terminate();
    const back = await updated(bob, conversationId, ({ state }) => state === 'waiting');
    expect(back).toMatchObject({ agent: null, position: 1 });
    await updated(eve, behind.conversationId, ({ position }) => position === 2);
    const zoe = await readyAgent(queue);
    await assigned(zoe, conversationId);
    expect(events(await historyOf(zoe.user, conversationId))).toEqual([
      'opened',
      'assigned',
      'help',
      'requeued',
      'assigned',
    ]);
  });

  it('loses nothing when they return within the grace period (IM-DESK-7)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    const looksAgain = proxy.setBreakpoint({
      function: 'MatchDesk',
      operation: 'SendMessageBatch',
      where: about(ann.user),
    });
    ann.socket.raw.terminate();
    await looksAgain.reached;
    // However long the connect takes, the check after the grace period comes later.
    const look = proxy.setBreakpoint({ function: 'MatchDesk', where: about(ann.user) });
    looksAgain.release();
    const looked = proxy.nextEnd({ function: 'MatchDesk' });
    await look.reached;
    const again = await deskOf(() => stack).agent(ann.user);
    look.release();
    await looked;
    await say(again.socket, conversationId, 'here I am');
    await bob.socket.message('here I am');
    expect((await agentOf(again.socket)).active).toBe(1);
  });

  it('without a $disconnect is noticed at the next message to them (IM-DESK-7)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    const leaving = proxy.setBreakpoint({ route: '$disconnect', operation: 'UpdateItem' });
    ann.socket.raw.terminate();
    await leaving.reached;
    leaving.fail('kill');
    await say(bob.socket, conversationId, 'still there?');
    await updated(bob, conversationId, ({ state }) => state === 'waiting');
  });

  it('goes offline and keeps no chat even if the worker dies at any call (IM-DESK-7, IM-FAULT-3)', async () => {
    const run = async () => {
      const queue = newQueue();
      const bob = await customer();
      const ann = await readyAgent(queue, 2);
      const { conversationId } = await openChat(bob, queue);
      await assigned(ann, conversationId);
      ann.socket.raw.terminate();
      await updated(bob, conversationId, ({ state }) => state === 'waiting');
      return { bob, conversationId };
    };
    const isReturning = (_: unknown, input: unknown) => /requeued|offline/.test(JSON.stringify(input) ?? '');
    const match = { function: 'MatchDesk', operation: 'TransactWriteItems', where: isReturning };
    for (const when of STAGES) {
      for await (const step of steps(proxy, { ...match, when, run })) {
        await killWorker({ proxy, stack }, step, when);
        const { bob, conversationId } = await step.finished;
        const stored = events(await historyOf(bob.user, conversationId));
        expect(stored).toEqual(['opened', 'assigned', 'requeued']);
      }
    }
  });
});
