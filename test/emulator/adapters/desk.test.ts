import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK } from '../../../lambdas/domain/desk/ports.ts';
import { systemMessage } from '../../../lambdas/domain/messages/system-message.ts';
import type { Agent, Chat, ChatChange, DeskReader, DeskWriter } from '../../../lambdas/domain/model/chat.ts';
import type { ConversationReader, ConversationWriter } from '../../../lambdas/domain/model/conversation.ts';
import type { GroupReader, GroupWriter } from '../../../lambdas/domain/model/group.ts';
import type { DeskErasure, MembershipErasure } from '../../../lambdas/domain/model/membership-erasure.ts';
import type { MessageReader, MessageWriter } from '../../../lambdas/domain/model/message.ts';
import type { Outbox } from '../../../lambdas/domain/model/outbox.ts';
import type { ChatEvent } from '../../../protocol/content.ts';
import { inMemoryConversations } from '../../adapters/memory/conversations.ts';
import { inMemoryDesk } from '../../adapters/memory/desk.ts';
import { inMemoryMessages } from '../../adapters/memory/messages.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

/** One suite for both implementations, so that unit tests on the in-memory desk hold for DynamoDB. */
interface Ports {
  readonly desk: DeskReader & DeskWriter & DeskErasure & Outbox;
  readonly memberships: MembershipErasure;
  readonly conversations: ConversationReader & ConversationWriter;
  readonly groups: GroupReader & GroupWriter;
  readonly messages: MessageReader & MessageWriter;
}

const clock = () => NOON;
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(clock);
});
afterAll(() => tables?.stop());

const messages = inMemoryMessages(clock);
const rows = inMemoryConversations(messages, clock);
const memory: Ports = {
  desk: { ...rows, ...inMemoryDesk(rows) },
  memberships: rows,
  conversations: rows,
  groups: rows,
  messages,
};

function aChat(queue: string, more: Partial<Chat> = {}): Chat {
  const customer = newName('customer');
  return { conversationId: `cs:${ulid(NOON)}`, queue, state: 'waiting', customer, openedAtMs: NOON, ...more };
}

function change(before: Chat | undefined, after: Chat, seq: number, event: ChatEvent): ChatChange {
  const message = systemMessage({ clock }, after.conversationId, seq, { event, by: DESK });
  return { before, after, message };
}

describe.each([
  ['memory', () => memory],
  ['DynamoDB', (): Ports => tables],
])("the desk's adapters on %s", (_, ports) => {
  const open = async (queue: string, more: Partial<Chat> = {}): Promise<Chat> => {
    const chat = aChat(queue, more);
    expect(await ports().desk.apply(change(undefined, chat, 1, 'opened'))).toBe(true);
    return chat;
  };
  const ready = async (queue: string, capacity = 1): Promise<Agent> => {
    const { desk } = ports();
    const userId = newName('agent');
    const wanted = { userId, status: 'ready', queues: [queue], capacity, before: undefined } as const;
    expect(await desk.setAgent(wanted)).toBe(true);
    return (await desk.agent(userId)) as Agent;
  };
  const given = ({ isBack: _isBack, ...chat }: Chat, userId: string): Chat => ({
    ...chat,
    state: 'assigned',
    agent: { userId },
    assignedAtMs: NOON + 1,
  });
  const give = async (chat: Chat, userId: string, seq = 2): Promise<Chat | undefined> => {
    const after = given(chat, userId);
    return (await ports().desk.apply(change(chat, after, seq, 'assigned'))) ? after : undefined;
  };
  const activeOf = async (userId: string) => (await ports().desk.agent(userId))?.active;

  it('open a chat in its queue as a conversation of its customer, one at a time (IM-DESK-1)', async () => {
    const { desk, conversations, groups } = ports();
    const queue = newName('queue');
    const chat = await open(queue, { topic: 'oars' });
    const { conversationId, customer } = chat;
    expect(await desk.openChatOf(customer, queue)).toBe(conversationId);
    expect(await desk.waiting(queue, 10)).toEqual([{ conversationId, customer, openedAtMs: NOON }]);
    expect(await conversations.head(conversationId)).toMatchObject({ seq: 1, chat });
    expect((await groups.members(conversationId, { limit: 5 })).members).toEqual([
      { userId: customer, joinedSeq: 1 },
    ]);
    expect(await conversations.membership(customer, conversationId)).toMatchObject({ visibleFrom: 1 });
    const second = aChat(queue, { customer });
    expect(await desk.apply(change(undefined, second, 1, 'opened'))).toBe(false);
    expect(await conversations.head(second.conversationId)).toMatchObject({ seq: 0 });
  });

  it('order the queue by returned chats first, then by age, with positions from 1 (IM-DESK-5)', async () => {
    const { desk } = ports();
    const queue = newName('queue');
    const late = await open(queue, { openedAtMs: NOON + 2 });
    const early = await open(queue, { openedAtMs: NOON + 1 });
    const back = await open(queue, { openedAtMs: NOON + 3, isBack: true });
    const order = [back, early, late];
    const waiting = await desk.waiting(queue, 10);
    expect(waiting.map(({ conversationId }) => conversationId)).toEqual(
      order.map(({ conversationId }) => conversationId),
    );
    expect(await desk.waiting(queue, 2)).toEqual(waiting.slice(0, 2));
    expect(await Promise.all(order.map((chat) => desk.positionOf(chat)))).toEqual([1, 2, 3]);
    // A chat that is not waiting gets the position that it would have.
    expect(await desk.positionOf(aChat(queue, { openedAtMs: NOON + 9 }))).toBe(3);
  });

  it('assign a chat once, to an agent with room, and only in the state that was read (IM-DESK-6)', async () => {
    const { desk, conversations, groups, messages: record } = ports();
    const queue = newName('queue');
    const [ann, zoe] = [await ready(queue), await ready(queue)];
    const chat = await open(queue);
    await conversations.advanceRead(chat.customer, chat.conversationId, 1);
    const mine = await give(chat, ann.userId);
    expect(mine).toBeDefined();
    expect(await give(chat, zoe.userId)).toBeUndefined();
    expect([await activeOf(ann.userId), await activeOf(zoe.userId)]).toEqual([1, 0]);
    expect(await desk.agent(ann.userId)).toMatchObject({ lastAssignedAtMs: NOON + 1 });
    expect(await desk.waiting(queue, 10)).toEqual([]);
    const { conversationId } = chat;
    const { tail = { from: '', clientMsgId: '' }, ...head } = await conversations.head(conversationId);
    expect(head).toEqual({ seq: 2, atMs: NOON, chat: mine });
    expect(await record.getMany([{ conversationId, seq: 2, ...tail }])).toMatchObject([{ seq: 2 }]);
    expect((await conversations.membership(chat.customer, conversationId))?.readSeq).toBe(1);
    expect(await conversations.membership(ann.userId, conversationId)).toMatchObject({ visibleFrom: 1 });
    expect((await groups.members(conversationId, { limit: 5 })).members).toHaveLength(2);
    expect(await conversations.nextSeq(conversationId, 'bob', 'c1')).toMatchObject({
      seq: 3,
      agent: ann.userId,
    });
  });

  it('assign nothing to an agent who is full, away, in another queue, or unknown, or when a message came between (IM-DESK-6)', async () => {
    const { desk, conversations } = ports();
    const queue = newName('queue');
    const ann = await ready(queue);
    await give(await open(queue), ann.userId);
    const chat = await open(queue);
    const away = await ready(queue);
    await desk.setAgent({ ...away, status: 'away', before: away });
    const elsewhere = await ready(newName('queue'));
    for (const { userId } of [ann, away, elsewhere, { userId: newName('nobody') }]) {
      expect(await give(chat, userId)).toBeUndefined();
    }
    const free = await ready(queue);
    await conversations.nextSeq(chat.conversationId, chat.customer, 'c1');
    expect(await give(chat, free.userId)).toBeUndefined();
    expect(await give(chat, free.userId, 3)).toBeDefined();
  });

  it('transfer a chat to an agent in any queue, and update members, load, and lists (IM-DESK-5)', async () => {
    const { desk, conversations } = ports();
    const queue = newName('queue');
    const [ann, zoe] = [await ready(queue), await ready(newName('queue'))];
    const chat = (await give(await open(queue), ann.userId)) as Chat;
    expect(await desk.apply(change(chat, given(chat, zoe.userId), 3, 'transferred'))).toBe(true);
    expect([await activeOf(ann.userId), await activeOf(zoe.userId)]).toEqual([0, 1]);
    expect(await conversations.membership(ann.userId, chat.conversationId)).toBeUndefined();
    const openOf = (agent: string) => desk.chatIds({ of: { agent }, part: 'open' }, { limit: 10 });
    expect(await openOf(ann.userId)).toEqual([]);
    expect(await openOf(zoe.userId)).toEqual([chat.conversationId]);
    expect(await desk.pending(queue)).toContainEqual(expect.objectContaining({ seq: 3, former: ann.userId }));
  });

  it('record the departure of an agent who loses a chat, and of nobody else (IM-CHANGE-3)', async () => {
    const { desk, conversations } = ports();
    const queue = newName('queue');
    const [ann, zoe] = [await ready(queue), await ready(queue)];
    const chat = (await give(await open(queue), ann.userId)) as Chat;
    const moved = given(chat, zoe.userId);
    const departedOf = async (userId: string, departedSinceMs = NOON) =>
      (await conversations.memberships(userId, { limit: 5, departedSinceMs })).departed;
    expect(await departedOf(ann.userId)).toEqual([]);
    await desk.apply(change(chat, moved, 3, 'transferred'));
    expect(await departedOf(ann.userId)).toEqual([chat.conversationId]);
    expect(await departedOf(ann.userId, NOON + 1)).toEqual([]);
    await desk.apply(change(moved, { ...moved, state: 'closed', closedAtMs: NOON }, 4, 'closed'));
    for (const userId of [zoe.userId, chat.customer]) expect(await departedOf(userId)).toEqual([]);
    expect(await departedOf(ann.userId)).toEqual([chat.conversationId]);
  });

  it('give an agent a higher version with each change, the load included (IM-DESK-8)', async () => {
    const { desk } = ports();
    const queue = newName('queue');
    const { userId, version } = await ready(queue, 2);
    const versions = [version];
    const look = async () => versions.push((await desk.agent(userId))?.version ?? 0);
    const chat = (await give(await open(queue), userId)) as Chat;
    await look();
    await desk.apply(change(chat, { ...chat, state: 'closed', closedAtMs: NOON }, 3, 'closed'));
    await look();
    const before = await desk.agent(userId);
    expect(await desk.setAgent({ userId, status: 'away', queues: [queue], capacity: 2, before })).toBe(true);
    await look();
    expect(versions).toEqual([1, 2, 3, 4]);
  });

  it('close a chat, waiting or assigned: nobody can write, both can read, and the agent has room again (IM-DESK-3)', async () => {
    const { desk, conversations } = ports();
    const queue = newName('queue');
    const ann = await ready(queue);
    const waiting = await open(queue);
    const assigned = (await give(await open(queue), ann.userId)) as Chat;
    for (const [chat, seq] of [
      [waiting, 2],
      [assigned, 3],
    ] as const) {
      const after: Chat = { ...chat, state: 'closed', closedAtMs: NOON };
      expect(await desk.apply(change(chat, after, seq, 'closed'))).toBe(true);
      expect(await conversations.nextSeq(chat.conversationId, chat.customer, 'c')).toEqual({
        refused: 'closed',
      });
      expect(await desk.openChatOf(chat.customer, queue)).toBeUndefined();
    }
    expect(await desk.waiting(queue, 10)).toEqual([]);
    expect(await activeOf(ann.userId)).toBe(0);
    expect(await conversations.membership(ann.userId, assigned.conversationId)).toBeDefined();
    const listed = (of: { agent: string } | { queue: string }, part: 'open' | 'closed') =>
      desk.chatIds({ of, part }, { limit: 10 });
    expect(await listed({ agent: ann.userId }, 'closed')).toEqual([assigned.conversationId]);
    expect(await listed({ queue }, 'open')).toEqual([]);
    const both = [waiting, assigned].map(({ conversationId }) => conversationId).sort();
    expect(await listed({ queue }, 'closed')).toEqual(both);
    const [first = ''] = both;
    const page = { after: first, limit: 1 };
    expect(await desk.chatIds({ of: { queue }, part: 'closed' }, page)).toEqual(both.slice(1));
  });

  it('accept one rating, and only after the end (IM-DESK-3)', async () => {
    const { desk, conversations } = ports();
    const chat = await open(newName('queue'));
    expect(await desk.rate(chat.conversationId, 5)).toBe(false);
    await desk.apply(change(chat, { ...chat, state: 'closed', closedAtMs: NOON }, 2, 'closed'));
    expect(await desk.rate(chat.conversationId, 4)).toBe(true);
    expect(await desk.rate(chat.conversationId, 1)).toBe(false);
    expect((await conversations.head(chat.conversationId)).chat?.rating).toBe(4);
  });

  it('keep a notification pending until it is marked as sent (IM-DESK-6, IM-FAULT-3)', async () => {
    const { desk, messages: record } = ports();
    const queue = newName('queue');
    await open(queue);
    const [entry] = await desk.pending(queue);
    expect(entry).toMatchObject({ seq: 1, from: DESK });
    if (entry === undefined) throw new Error('No notification is pending.');
    expect(await record.getMany([entry])).toHaveLength(1);
    await desk.markAsSent(queue, entry);
    expect(await desk.pending(queue)).toEqual([]);
  });

  it('accept a change of an agent only in the state that was read, and keep the load (IM-DESK-4)', async () => {
    const { desk } = ports();
    const [queue, other] = [newName('queue'), newName('queue')];
    const ann = await ready(queue, 2);
    await give(await open(queue), ann.userId);
    const moved = { ...ann, queues: [other], capacity: 5, before: ann };
    expect(await desk.setAgent(moved)).toBe(true);
    expect(await desk.setAgent({ ...ann, status: 'away', before: ann })).toBe(false);
    expect(await desk.agent(ann.userId)).toMatchObject({ status: 'ready', capacity: 5, active: 1 });
    expect(await desk.readyAgents([queue])).toEqual([]);
    expect(await desk.readyAgents([queue, other, other])).toMatchObject([
      { userId: ann.userId, queues: [other] },
    ]);
    expect(await desk.agentCounts(other)).toEqual({ ready: 1, away: 0, offline: 0 });
    expect(await desk.agentCounts(queue)).toEqual({ ready: 0, away: 0, offline: 0 });
  });

  it('put a chat back in front of its queue, from an agent who is offline, and only from one if so asked (IM-DESK-7)', async () => {
    const { desk, conversations, groups } = ports();
    const queue = newName('queue');
    const ann = await ready(queue);
    const first = await open(queue);
    const older = await open(queue);
    const { agent: _, assignedAtMs: __, ...waiting } = (await give(first, ann.userId)) as Chat;
    const back: Chat = { ...waiting, state: 'waiting', isBack: true };
    const assigned = given(first, ann.userId);
    const requeue = { ...change(assigned, back, 3, 'requeued'), ifOffline: true } as const;
    expect(await desk.apply(requeue)).toBe(false);
    expect(await activeOf(ann.userId)).toBe(1);
    expect(await desk.setAgent({ ...ann, status: 'offline', before: ann })).toBe(true);
    expect(await desk.apply(requeue)).toBe(true);
    expect(await activeOf(ann.userId)).toBe(0);
    const { conversationId, customer } = first;
    expect((await desk.waiting(queue, 9)).map((one) => one.conversationId)).toEqual([
      conversationId,
      older.conversationId,
    ]);
    expect(await desk.openChatOf(customer, queue)).toBe(conversationId);
    expect((await conversations.head(conversationId)).chat).toEqual(back);
    expect(await conversations.membership(ann.userId, conversationId)).toBeUndefined();
    expect((await groups.members(conversationId, { limit: 5 })).members).toMatchObject([
      { userId: customer },
    ]);
    const lists = [{ agent: ann.userId }, { queue }].flatMap((of) =>
      (['open', 'closed'] as const).map((part) => desk.chatIds({ of, part }, { limit: 9 })),
    );
    const both = [conversationId, older.conversationId].sort();
    expect(await Promise.all(lists)).toEqual([[], [], both, []]);
    const lost = (await desk.pending(queue)).find(({ seq }) => seq === 3);
    expect(lost).toMatchObject({ conversationId, former: ann.userId });
    const again = { ...ann, status: 'ready', before: await desk.agent(ann.userId) } as const;
    expect(await desk.setAgent(again)).toBe(true);
    const after = { ...given(back, ann.userId), assignedAtMs: NOON + 7 };
    expect(await desk.apply(change(back, after, 4, 'assigned'))).toBe(true);
    expect(await desk.agent(ann.userId)).toMatchObject({ active: 1, lastAssignedAtMs: NOON + 7 });
  });

  it('keep the name of an agent until another one is given, and count agents by status', async () => {
    const { desk } = ports();
    const queue = newName('queue');
    const [ann, zoe, bea] = [await ready(queue), await ready(queue), await ready(queue)];
    expect(await desk.setAgent({ ...ann, name: 'Ann', before: ann })).toBe(true);
    const named = (await desk.agent(ann.userId)) as Agent;
    expect(named).toMatchObject({ name: 'Ann', revision: ann.revision + 1 });
    const { name: _, ...unnamed } = named;
    expect(await desk.setAgent({ ...unnamed, status: 'away', before: named })).toBe(true);
    expect(await desk.agent(ann.userId)).toMatchObject({ name: 'Ann', status: 'away' });
    expect(await desk.agent(zoe.userId)).not.toHaveProperty('name');
    await desk.setAgent({ ...bea, status: 'offline', before: bea });
    expect(await desk.agentCounts(queue)).toEqual({ ready: 1, away: 1, offline: 1 });
    expect((await desk.readyAgents([queue])).map(({ userId }) => userId)).toEqual([zoe.userId]);
    expect(await desk.setAgent({ ...zoe, before: undefined })).toBe(false);
    expect(await desk.agent(newName('nobody'))).toBeUndefined();
  });

  it('keep the notifications of a chat in the order of their seqs, and remove the one that is named (IM-FAULT-3)', async () => {
    const { desk, conversations } = ports();
    const queue = newName('queue');
    const ann = await ready(queue);
    const chat = await open(queue);
    for (let seq = 2; seq <= 9; seq += 1)
      await conversations.nextSeq(chat.conversationId, chat.customer, `c${seq}`);
    const mine = (await give(chat, ann.userId, 10)) as Chat;
    const closed: Chat = { ...mine, state: 'closed', closedAtMs: NOON };
    expect(await desk.apply(change(mine, closed, 11, 'closed'))).toBe(true);
    const pending = await desk.pending(queue);
    expect(pending.map(({ seq, former }) => [seq, former])).toEqual([
      [1, undefined],
      [10, undefined],
      [11, ann.userId],
    ]);
    for (const entry of pending.slice(1, 2)) await desk.markAsSent(queue, entry);
    expect((await desk.pending(queue)).map(({ seq }) => seq)).toEqual([1, 11]);
  });

  it('let one sweep of a queue run at a time', async () => {
    const { desk } = ports();
    const queue = newName('queue');
    expect(await desk.claimSweep(queue, NOON, NOON + 10)).toBe(true);
    expect(await desk.claimSweep(queue, NOON + 9, NOON + 20)).toBe(false);
    expect(await desk.claimSweep(queue, NOON + 10, NOON + 20)).toBe(true);
  });

  it('forget the topic and the name of a closed chat alone, and who was in it (IM-ERASE-1)', async () => {
    const { desk, conversations, groups, memberships } = ports();
    const queue = newName('queue');
    const ann = await ready(queue);
    const chat = await open(queue, { topic: 'oars' });
    const { conversationId, customer } = chat;
    const named = { ...given(chat, ann.userId), agent: { userId: ann.userId, name: 'Ann' } };
    expect(await desk.apply(change(chat, named, 2, 'assigned'))).toBe(true);
    const forget = async () => {
      await desk.forgetTopic(conversationId);
      await desk.forgetAgentName(conversationId);
      return (await conversations.head(conversationId)).chat;
    };
    expect(await forget()).toEqual(named);
    const closed: Chat = { ...named, state: 'closed', closedAtMs: NOON };
    expect(await desk.apply(change(named, closed, 3, 'closed'))).toBe(true);
    const { topic: _, ...left } = closed;
    for (let times = 0; times < 2; times += 1)
      expect(await forget()).toEqual({ ...left, agent: { userId: ann.userId } });
    for (let times = 0; times < 2; times += 1) await memberships.forget(customer, conversationId);
    expect(await conversations.membership(customer, conversationId)).toBeUndefined();
    expect((await groups.members(conversationId, { limit: 5 })).members.map(({ userId }) => userId)).toEqual([
      ann.userId,
    ]);
    expect(await conversations.membership(ann.userId, conversationId)).toBeDefined();
  });

  it('remove an agent who is offline, as they were read, from all queues (IM-ERASE-1)', async () => {
    const { desk } = ports();
    const queue = newName('queue');
    const ann = await ready(queue);
    expect(await desk.removeAgent(ann)).toBe(false);
    const { userId, queues, capacity } = ann;
    await desk.setAgent({ userId, status: 'offline', queues, capacity, before: ann });
    expect(await desk.removeAgent(ann)).toBe(false);
    expect(await desk.agentCounts(queue)).toMatchObject({ offline: 1 });
    const offline = (await desk.agent(userId)) as Agent;
    expect(await desk.removeAgent(offline)).toBe(true);
    expect(await desk.agent(userId)).toBeUndefined();
    expect(await desk.agentCounts(queue)).toEqual({ ready: 0, away: 0, offline: 0 });
    expect(await desk.removeAgent(offline)).toBe(false);
  });
});
