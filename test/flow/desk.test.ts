/** @module-tag long */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asAdmin } from './setup/admin.ts';
import { deployment } from './setup/deployment.ts';
import {
  type Actor,
  AGENT_NAME,
  assigned,
  deskEnvironment,
  deskOf,
  events,
  isDeskMissing,
  leaveDesk,
  newQueue,
  openChat,
  updated,
} from './setup/desk.ts';
import { say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat({
    environment: deskEnvironment(),
    // Chats wait in the order of the servers' clocks, and these tests expect the order of opening.
    clockOffsetMs: () => 0,
    onWarning: () => undefined,
  });
});
afterEach(() => leaveDesk(stack));
afterAll(() => stack?.stop());

const { customer, agent, readyAgent, http, historyOf } = deskOf(() => stack);

describe.skipIf(isDeskMissing)('a customer', () => {
  it('opens a chat, waits, is served, and closes it with a rating (IM-DESK-1, IM-DESK-3)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const chat = await openChat(bob, queue, { topic: 'My boat leaks' });
    expect(chat).toEqual({
      conversationId: expect.stringMatching(/^cs:[0-9A-Z]{26}$/),
      queue,
      state: 'waiting',
      customer: bob.user,
      agent: null,
      topic: 'My boat leaks',
      position: 1,
      openedAt: expect.any(Number),
    });
    const { conversationId } = chat;
    const ann = await agent();
    await ann.socket.request({ action: 'desk.ready', queues: [queue], capacity: 1 });
    const mine = await assigned(ann, conversationId);
    expect(mine).toMatchObject({
      state: 'assigned',
      agent: { userId: ann.user, ...(deployment === undefined && { name: AGENT_NAME }) },
    });
    expect(await assigned(bob, conversationId)).toEqual(mine);
    await say(ann.socket, conversationId, 'how can I help');
    await bob.socket.message('how can I help');
    const closing = { action: 'desk.close', conversationId, rating: 5 };
    expect((await bob.socket.request(closing)).chat).toMatchObject({ state: 'closed', rating: 5 });
    expect(await updated(ann, conversationId)).toMatchObject({ state: 'closed', rating: 5 });
    expect(events(await historyOf(ann.user, conversationId))).toEqual([
      'opened',
      'assigned',
      'how can I help',
      'closed',
    ]);
  });

  it('has one open chat in a queue, and gets it back when opening again (IM-DESK-1)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const first = await openChat(bob, queue);
    expect(await openChat(bob, queue)).toEqual(first);
    expect((await openChat(bob, newQueue())).conversationId).not.toBe(first.conversationId);
    await bob.socket.request({ action: 'desk.close', conversationId: first.conversationId });
    expect((await openChat(bob, queue)).conversationId).not.toBe(first.conversationId);
  });

  it('opens in the first queue by default, and cannot open in an unknown queue (IM-DESK-1)', async () => {
    const bob = await customer();
    expect((await openChat(bob, undefined)).queue).toBe('default');
    const answer = await bob.socket.request({ action: 'desk.open', queue: 'nowhere' });
    expect(answer).toMatchObject({ type: 'error', code: 'not_found' });
  });

  it('may write before an agent is assigned, who then gets every message in order (IM-DESK-2)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const { conversationId } = await openChat(bob, queue);
    for (const text of ['one', 'two', 'three']) await say(bob.socket, conversationId, text);
    const ann = await readyAgent(queue);
    const { head } = await ann.socket.frame(({ type }) => type === 'desk.assigned');
    const messages = await historyOf(ann.user, conversationId);
    expect(events(messages)).toEqual(['opened', 'one', 'two', 'three', 'assigned']);
    expect(messages.at(-1).seq).toBe(head);
  });

  it('is notified of their position and of each step forward (IM-DESK-1, IM-DESK-6)', async () => {
    const queue = newQueue();
    const [bob, eve] = [await customer(), await customer()];
    const first = await openChat(bob, queue);
    const second = await openChat(eve, queue);
    expect([first.position, second.position]).toEqual([1, 2]);
    await readyAgent(queue);
    await assigned(bob, first.conversationId);
    await updated(eve, second.conversationId, ({ position }) => position === 1);
  });
});

describe.skipIf(isDeskMissing)('a closed chat', () => {
  it('accepts no more messages from anybody, and both sides can still read it (IM-DESK-3)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    await ann.socket.request({ action: 'desk.close', conversationId });
    for (const { socket } of [bob, ann]) {
      expect(await say(socket, conversationId, 'too late')).toMatchObject({
        type: 'error',
        code: 'forbidden',
      });
    }
    for (const { user } of [bob, ann]) expect((await historyOf(user, conversationId)).at(-1).seq).toBe(3);
  });

  it.skipIf(deployment !== undefined)(
    'loses a message that the operator recalls, open or closed, for both sides (IM-ADMIN-3)',
    async () => {
      const queue = newQueue();
      const bob = await customer();
      const { conversationId } = await openChat(bob, queue);
      const ann = await readyAgent(queue);
      await assigned(ann, conversationId);
      const isRecalled = (seq: number) => (frame: Json) =>
        frame.type === 'changed' && frame.change.kind === 'recalled' && frame.message.seq === seq;
      const recall = (seq: number) =>
        asAdmin(stack, `DELETE /admin/conversations/${encodeURIComponent(conversationId)}/messages/${seq}`);
      const first = (await say(bob.socket, conversationId, 'CANARY one')).seq;
      const second = (await say(ann.socket, conversationId, 'CANARY two')).seq;
      expect(await recall(first)).toMatchObject({ status: 200, body: { content: { by: 'system' } } });
      for (const { socket } of [bob, ann]) await socket.frame(isRecalled(first));
      await ann.socket.request({ action: 'desk.close', conversationId });
      expect(await recall(second)).toMatchObject({ status: 200, body: { from: ann.user } });
      for (const { socket } of [bob, ann]) await socket.frame(isRecalled(second));
      expect(events(await historyOf(bob.user, conversationId))).toEqual([
        ...['opened', 'assigned', 'recalled', 'recalled', 'closed'],
      ]);
      // The message that tells of the opening.
      expect(await recall(1)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    },
  );

  it('answers a repeated send of an earlier message with the original (IM-SEND-2)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const { conversationId } = await openChat(bob, queue);
    const first = await say(bob.socket, conversationId, 'in time');
    await bob.socket.request({ action: 'desk.close', conversationId });
    const again = await say(bob.socket, conversationId, 'in time');
    expect(again).toMatchObject({ type: 'sent', seq: first.seq, duplicate: true });
  });

  it('can be rated once, by its customer only, also after the agent closed it (IM-DESK-3)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    const close = (rating?: number) => ({ action: 'desk.close', conversationId, ...(rating && { rating }) });
    expect(await ann.socket.request(close(5))).toMatchObject({ type: 'error', code: 'forbidden' });
    await ann.socket.request(close());
    expect((await bob.socket.request(close(2))).chat.rating).toBe(2);
    await updated(ann, conversationId, ({ rating }) => rating === 2);
    expect((await bob.socket.request(close(5))).chat.rating).toBe(2);
    expect(await bob.socket.request(close(6))).toMatchObject({ type: 'error', code: 'invalid_request' });
  });
});

describe.skipIf(isDeskMissing)('a support chat', () => {
  it('supports resend, read, recall, typing, and list like any other conversation (IM-DESK, IM-SEND-2)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue, { topic: 'oars' });
    await assigned(ann, conversationId);
    const sent = await say(bob.socket, conversationId, 'hello');
    expect(await say(bob.socket, conversationId, 'hello')).toMatchObject({ duplicate: true, seq: sent.seq });
    await ann.socket.message('hello');
    await ann.socket.request({ action: 'read', conversationId, seq: sent.seq });
    expect(await bob.socket.frame(({ type }) => type === 'read')).toMatchObject({ userId: ann.user });
    ann.socket.send(JSON.stringify({ action: 'typing', conversationId, typing: true }));
    expect(await bob.socket.frame(({ type }) => type === 'typing')).toMatchObject({ userId: ann.user });
    await bob.socket.request({ action: 'recall', conversationId, seq: sent.seq });
    expect(await ann.socket.frame(({ type }) => type === 'changed')).toMatchObject({
      message: { seq: sent.seq },
    });
    const { body } = await stack.http(ann.user, '/conversations');
    const [listed] = body.conversations.filter((one: Json) => one.conversationId === conversationId);
    expect(listed).toMatchObject({
      kind: 'support',
      name: 'oars',
      // The repeat left a hole.
      head: sent.seq + 1,
      readSeq: sent.seq,
      unread: 0,
    });
  });

  it('keeps messages in the inbox while its customer is offline (IM-DESK, IM-PUSH-2)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    await bob.socket.close();
    await say(ann.socket, conversationId, 'are you there');
    await stack.inboxHolds(bob.user, 1);
    const back = await stack.open(bob.user);
    const { inbox } = await back.request({ action: 'hello' });
    expect(events(inbox.messages)).toEqual(['are you there']);
  });

  it('is not found by other users, other agents, or a former agent (IM-DESK, IM-REFUSE-4)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const { conversationId } = await openChat(bob, queue);
    const [eve, ann] = [await customer(), await agent()];
    for (const { user, socket } of [eve, ann]) {
      expect((await stack.http(user, `/conversations/${conversationId}/messages`)).status).toBe(404);
      for (const frame of [
        { action: 'read', seq: 1 },
        { action: 'recall', seq: 1 },
        { action: 'desk.close' },
        { action: 'sendMessage', clientMsgId: 'x', content: { type: 'text', text: 'x' } },
      ]) {
        const answer = await socket.request({ ...frame, conversationId });
        expect(answer).toMatchObject({ type: 'error', code: 'not_found' });
      }
    }
    expect(events(await historyOf(bob.user, conversationId))).toEqual(['opened']);
  });

  it('can be read by every supervisor, and by nobody who merely claims to be one (IM-ROLE, IM-DESK)', async () => {
    const bob = await customer();
    const { conversationId } = await openChat(bob, newQueue());
    const sue = newUser('sue');
    const path = `/conversations/${conversationId}/messages`;
    const { status, body } = await http(sue, ['supervisor'], path);
    expect([status, events(body.messages)]).toEqual([200, ['opened']]);
    expect((await http(sue, ['agent'], path)).status).toBe(404);
    const missing = '/conversations/cs:01ARZ3NDEKTSV4RRFFQ69G5FAV/messages';
    expect((await http(sue, ['supervisor'], missing)).status).toBe(404);
  });
});

describe.skipIf(isDeskMissing)('an agent', () => {
  it('needs the agent role: without it, desk actions are forbidden (IM-ROLE)', async () => {
    const bob = await customer();
    for (const frame of [
      { action: 'desk.ready', queues: ['default'], capacity: 1 },
      { action: 'desk.away' },
      { action: 'desk.transfer', conversationId: 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV', to: 'queue' },
    ]) {
      expect(await bob.socket.request(frame)).toMatchObject({ type: 'error', code: 'forbidden' });
    }
    for (const path of ['/desk/me', '/desk/agents', '/desk/chats', '/desk/queues']) {
      expect((await stack.http(bob.user, path)).status).toBe(403);
    }
  });

  it('is ready for the queues and the number of chats that they name, and keeps their chats when away (IM-DESK-4)', async () => {
    const queue = newQueue();
    const ann = await readyAgent(queue, 2);
    const [bob, eve] = [await customer(), await customer()];
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    const away = await ann.socket.request({ action: 'desk.away' });
    expect(away.agent).toMatchObject({ status: 'away', queues: [queue], capacity: 2, active: 1 });
    const second = await openChat(eve, queue);
    expect((await openChat(eve, queue)).state).toBe('waiting');
    await say(ann.socket, conversationId, 'still here');
    const ready = await ann.socket.request({ action: 'desk.ready', queues: [queue], capacity: 2 });
    expect(ready.agent).toMatchObject({ status: 'ready', active: 1 });
    await assigned(ann, second.conversationId);
  });

  it('has one state for all of their sessions, which a reconnect does not change (IM-DESK-8)', async () => {
    const queue = newQueue();
    const ann = await readyAgent(queue);
    const me = async () => (await http(ann.user, ['agent'], '/desk/me')).body;
    expect(await me()).toMatchObject({ roles: ['agent'], agent: { status: 'ready', queues: [queue] } });
    expect((await me()).queues).toContain(queue);
    const { body } = await http(ann.user, ['agent'], '/desk/agents');
    expect(body.agents).toContainEqual(expect.objectContaining({ userId: ann.user, capacity: 1, active: 0 }));

    const tablet = await agent(ann.user, 'tablet');
    const pushed = async (to: Actor, status: string, active = 0) => {
      const is = ({ type, id, agent }: Json) =>
        type === 'desk.agent' && id === undefined && agent.status === status && agent.active === active;
      return (await to.socket.frame(is)).agent;
    };
    await tablet.socket.request({ action: 'desk.away' });
    expect((await pushed(ann, 'away')).userId).toBe(ann.user);
    await ann.socket.close();
    const again = await agent(ann.user);
    expect((await me()).agent.status).toBe('away');

    await again.socket.request({ action: 'desk.ready', queues: [queue], capacity: 1 });
    await pushed(tablet, 'ready');
    const { conversationId } = await openChat(await customer(), queue);
    await assigned(again, conversationId);
    const states = await Promise.all([again, tablet].map((one) => pushed(one, 'ready', 1)));
    expect(states[0]).toEqual(states[1]);
    expect((await me()).agent).toEqual(states[0]);
  });

  it('cannot be ready for an unknown queue, or for 0 or 51 chats (IM-DESK-4)', async () => {
    const ann = await agent();
    const ready = (more: object) =>
      ann.socket.request({ action: 'desk.ready', queues: ['default'], capacity: 1, ...more });
    expect(await ready({ queues: ['nowhere'] })).toMatchObject({
      code: 'not_found',
      message: 'There is no such queue.',
    });
    for (const more of [{ capacity: 0 }, { capacity: 51 }, { queues: [] }]) {
      expect(await ready(more)).toMatchObject({ code: 'invalid_request' });
    }
  });

  it('gets the oldest chat first, and another one only when there is room (IM-DESK-6)', async () => {
    const queue = newQueue();
    const customers = [await customer(), await customer(), await customer()];
    const ids: string[] = [];
    for (const one of customers) ids.push((await openChat(one, queue)).conversationId);
    const ann = await readyAgent(queue, 1);
    for (const conversationId of ids) {
      await assigned(ann, conversationId);
      await ann.socket.request({ action: 'desk.close', conversationId });
    }
    const order = ann.socket.frames.filter(({ type }) => type === 'desk.assigned');
    expect(order.map(({ chat }: Json) => chat.conversationId)).toEqual(ids);
  });
});

describe.skipIf(isDeskMissing)('a transfer', () => {
  it('moves a chat to another agent, who can read all of it, and removes the first agent (IM-DESK-5)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    await say(bob.socket, conversationId, 'for both');
    const zoe = await readyAgent(newQueue());
    const answer = await ann.socket.request({ action: 'desk.transfer', conversationId, to: zoe.user });
    expect(answer).toMatchObject({ type: 'desk.chat', chat: { agent: { userId: zoe.user } } });
    await assigned(zoe, conversationId);
    await assigned(bob, conversationId, zoe.user);
    expect(events(await historyOf(zoe.user, conversationId))).toEqual([
      'opened',
      'assigned',
      'for both',
      'transferred',
    ]);
    expect(await say(ann.socket, conversationId, 'me too')).toMatchObject({ code: 'not_found' });
    await say(bob.socket, conversationId, 'for zoe');
    await zoe.socket.message('for zoe');
    expect(ann.socket.messages().some(({ content }) => content.text === 'for zoe')).toBe(false);
    const free = await ann.socket.request({ action: 'desk.away' });
    expect(free.agent.active).toBe(0);
  });

  it('to an agent who is full, away, or unknown, or to the customer, is a conflict and changes nothing (IM-DESK-5)', async () => {
    const queue = newQueue();
    const bob = await agent();
    const ann = await readyAgent(queue);
    const { conversationId } = await openChat(bob, queue);
    await assigned(ann, conversationId);
    const elsewhere = newQueue();
    const full = await readyAgent(elsewhere);
    await assigned(full, (await openChat(await customer(), elsewhere)).conversationId);
    const away = await readyAgent(newQueue());
    await away.socket.request({ action: 'desk.away' });
    await bob.socket.request({ action: 'desk.ready', queues: [newQueue()], capacity: 1 });
    for (const to of [full.user, away.user, newUser('nobody'), bob.user]) {
      const answer = await ann.socket.request({ action: 'desk.transfer', conversationId, to });
      expect(answer).toMatchObject({ type: 'error', code: 'conflict' });
    }
    const self = await ann.socket.request({ action: 'desk.transfer', conversationId, to: ann.user });
    expect(self).toMatchObject({ type: 'error', code: 'invalid_request' });
    expect(events(await historyOf(ann.user, conversationId))).toEqual(['opened', 'assigned']);
  });

  it('to the queue puts the chat at the head, ahead of older ones (IM-DESK-5)', async () => {
    const queue = newQueue();
    const ann = await readyAgent(queue);
    const [bob, eve, dan] = [await customer(), await customer(), await customer()];
    const first = await openChat(bob, queue);
    await assigned(ann, first.conversationId);
    const others = [await openChat(eve, queue), await openChat(dan, queue)];
    await ann.socket.request({ action: 'desk.away' });
    const transfer = { action: 'desk.transfer', conversationId: first.conversationId, to: 'queue' };
    const { chat } = await ann.socket.request(transfer);
    expect(chat).toMatchObject({ state: 'waiting', agent: null, position: 1 });
    await updated(bob, first.conversationId, ({ state }) => state === 'waiting');
    await updated(dan, others[1].conversationId, ({ position }) => position === 3);
    const zoe = await readyAgent(queue, 3);
    await Promise.all([first, ...others].map((one) => assigned(zoe, one.conversationId)));
    const order = zoe.socket.frames.filter(({ type }) => type === 'desk.assigned');
    const bySeat = order.map(({ chat: one }: Json) => one).sort((a, b) => a.assignedAt - b.assignedAt);
    expect(bySeat[0].conversationId).toBe(first.conversationId);
  });

  it('is only possible for the agent who has the chat: for a colleague it is not found (IM-DESK-5)', async () => {
    const queue = newQueue();
    const bob = await customer();
    const { conversationId } = await openChat(bob, queue);
    const ann = await agent();
    const answer = await ann.socket.request({ action: 'desk.transfer', conversationId, to: 'queue' });
    expect(answer).toMatchObject({ type: 'error', code: 'not_found' });
  });
});

describe.skipIf(isDeskMissing)('GET /desk/chats', () => {
  const listed = ({ body }: Json) => body.chats.map(({ conversationId }: Json) => conversationId);

  it("lists an agent's own chats, open and closed, and nobody else's (IM-DESK)", async () => {
    const queue = newQueue();
    const ann = await readyAgent(queue, 2);
    const [first, second] = [
      await openChat(await customer(), queue),
      await openChat(await customer(), queue),
    ];
    for (const { conversationId } of [first, second]) await assigned(ann, conversationId);
    await ann.socket.request({ action: 'desk.close', conversationId: first.conversationId });
    await openChat(await customer(), newQueue());
    const chats = (query = '') => http(ann.user, ['agent'], `/desk/chats${query}`);
    expect(listed(await chats('?state=assigned'))).toEqual([second.conversationId]);
    expect(listed(await chats('?state=closed'))).toEqual([first.conversationId]);
    const open = await chats();
    expect(listed(open)).toEqual([second.conversationId]);
    expect(listed(await chats(`?cursor=${open.body.cursor}`))).toEqual([first.conversationId]);
    expect((await chats('?state=lost')).status).toBe(400);
    expect((await http(newUser('zoe'), ['agent'], `/desk/chats?cursor=${open.body.cursor}`)).status).toBe(
      400,
    );
  });

  it('lists all chats for supervisors, page by page (IM-DESK)', async () => {
    const { conversationId } = await openChat(await customer(), newQueue());
    const sue = newUser('sue');
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await http(
        sue,
        ['supervisor'],
        `/desk/chats?state=waiting&cursor=${cursor}`.replace(/&cursor=$/, ''),
      );
      seen.push(...listed(page));
      cursor = page.body.cursor;
    }
    expect(seen).toContain(conversationId);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe.skipIf(isDeskMissing)('GET /desk/queues', () => {
  it('shows supervisors the customers who wait, for how long, and the agents, and is forbidden to agents (IM-DESK, IM-ROLE)', async () => {
    const queue = newQueue();
    const sue = newUser('sue');
    const shown = async () => {
      const { body } = await http(sue, ['supervisor'], '/desk/queues');
      return body.queues.find((one: Json) => one.queue === queue);
    };
    // Agents of earlier tests at a deployment stay listed.
    const before = (await shown()).agents;
    await openChat(await customer(), queue);
    await openChat(await customer(), queue);
    const [ann, zoe] = [await agent(), await agent()];
    await ann.socket.request({ action: 'desk.ready', queues: [queue], capacity: 1 });
    await ann.socket.frame(({ type }) => type === 'desk.assigned');
    await zoe.socket.request({ action: 'desk.ready', queues: [queue], capacity: 1 });
    await zoe.socket.frame(({ type }) => type === 'desk.assigned');
    await zoe.socket.request({ action: 'desk.away' });
    await openChat(await customer(), queue);
    expect(await shown()).toEqual({
      queue,
      waiting: 1,
      longestWaitMs: expect.any(Number),
      agents: { ...before, ready: 1, away: before.away + 1 },
    });
    expect((await http(ann.user, ['agent'], '/desk/queues')).status).toBe(403);
  });
});
