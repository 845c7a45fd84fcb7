import type { Agent, Chat, DeskReader, DeskWriter } from '../../../lambdas/domain/model/chat.ts';
import type { DeskErasure } from '../../../lambdas/domain/model/membership-erasure.ts';
import type { Outbox, OutboxEntry } from '../../../lambdas/domain/model/outbox.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { InMemoryConversations } from './conversations.ts';

/** The desk table, next to the conversations of its chats. */
export function inMemoryDesk(
  conversations: InMemoryConversations,
): DeskReader & DeskWriter & Outbox & Pick<DeskErasure, 'removeAgent'> {
  const chats = new Map<string, Chat>();
  const agents = new Map<string, Agent>();
  const pending = new Map<string, OutboxEntry & { readonly queue: string }>();
  const had = new Map<string, Set<string>>();
  const sweeps = new Map<string, number>();

  const holderOf = (chat: Chat | undefined) => (chat?.state === 'assigned' ? chat.agent?.userId : undefined);
  const keyOf = ({ conversationId, seq }: Pick<OutboxEntry, 'conversationId' | 'seq'>) =>
    `${conversationId}#${seq}`;
  const openOf = (customer: string, queue: string) =>
    [...chats.values()].find(
      (chat) => chat.customer === customer && chat.queue === queue && chat.state !== 'closed',
    );
  const inServiceOrder = (a: Chat, b: Chat) =>
    Number(b.isBack ?? false) - Number(a.isBack ?? false) ||
    a.openedAtMs - b.openedAtMs ||
    (a.conversationId < b.conversationId ? -1 : Number(a.conversationId > b.conversationId));
  const waitingIn = (queue: string) =>
    [...chats.values()]
      .filter((chat) => chat.queue === queue && chat.state === 'waiting')
      .sort(inServiceOrder);
  const load = (userId: string | undefined, by: number, lastAssignedAtMs?: number) => {
    const agent = userId === undefined ? undefined : agents.get(userId);
    if (agent === undefined) return;
    const last = lastAssignedAtMs ?? agent.lastAssignedAtMs;
    agents.set(agent.userId, {
      ...agent,
      active: agent.active + by,
      version: agent.version + 1,
      lastAssignedAtMs: last,
    });
  };

  return {
    async apply(change) {
      const { before, after, message, ifOffline } = change;
      const [former, holder] = [holderOf(before), holderOf(after)];
      if (ifOffline && former !== undefined && agents.get(former)?.status !== 'offline') return false;
      if (before === undefined && openOf(after.customer, after.queue) !== undefined) return false;
      if (holder !== undefined && holder !== former) {
        const agent = agents.get(holder);
        if (agent?.status !== 'ready' || agent.active >= agent.capacity) return false;
        if (before?.state === 'waiting' && !agent.queues.includes(after.queue)) return false;
      }
      if (!(await conversations.applyChat(change))) return false;
      chats.set(after.conversationId, after);
      if (former !== holder) {
        load(former, -1);
        load(holder, 1, after.assignedAtMs);
      }
      if (after.state === 'closed' && former !== undefined) {
        had.set(former, (had.get(former) ?? new Set()).add(after.conversationId));
      }
      const { conversationId, from, clientMsgId, seq } = message;
      const entry = { conversationId, from, clientMsgId, seq, queue: after.queue };
      pending.set(keyOf(entry), { ...entry, ...(former !== holder && former !== undefined && { former }) });
      return true;
    },
    async markAsSent(_, entry) {
      pending.delete(keyOf(entry));
    },
    async pending(queue) {
      return [...pending.values()].filter((one) => one.queue === queue).map(({ queue: _, ...one }) => one);
    },
    openChatOf: async (customer, queue) => openOf(customer, queue)?.conversationId,
    async waiting(queue, limit) {
      return waitingIn(queue)
        .slice(0, limit)
        .map(({ conversationId, customer, openedAtMs }) => ({ conversationId, customer, openedAtMs }));
    },
    async positionOf(chat) {
      const position = waitingIn(chat.queue).filter((other) => inServiceOrder(other, chat) <= 0).length;
      return Math.min(Math.max(1, position), LIMITS.maxPosition);
    },
    async rate(conversationId, rating) {
      const chat = chats.get(conversationId);
      if (chat === undefined || !conversations.rateChat(conversationId, rating)) return false;
      chats.set(conversationId, { ...chat, rating });
      return true;
    },
    agent: async (userId) => agents.get(userId),
    async removeAgent({ userId, revision }) {
      const present = agents.get(userId);
      if (present?.revision !== revision || present.status !== 'offline') return false;
      return agents.delete(userId);
    },
    async setAgent({ userId, status, queues, capacity, name, before }) {
      const present = agents.get(userId);
      if (present?.revision !== before?.revision) return false;
      agents.set(userId, {
        userId,
        status,
        queues,
        capacity,
        active: present?.active ?? 0,
        lastAssignedAtMs: present?.lastAssignedAtMs ?? 0,
        revision: (present?.revision ?? 0) + 1,
        version: (present?.version ?? 0) + 1,
        ...((name ?? present?.name) !== undefined && { name: name ?? present?.name ?? '' }),
      });
      return true;
    },
    async readyAgents(wanted) {
      return [...agents.values()].filter(
        ({ status, queues }) => status === 'ready' && queues.some((queue) => wanted.includes(queue)),
      );
    },
    async agentCounts(queue) {
      const counts = { ready: 0, away: 0, offline: 0 };
      for (const { status, queues } of agents.values()) if (queues.includes(queue)) counts[status] += 1;
      return counts;
    },
    async chatIds({ of, part }, { after = '', limit }) {
      const isClosed = part === 'closed';
      return [...chats.values()]
        .filter((chat) => (chat.state === 'closed') === isClosed)
        .filter((chat) =>
          'queue' in of
            ? chat.queue === of.queue
            : holderOf(chat) === of.agent || (isClosed && had.get(of.agent)?.has(chat.conversationId)),
        )
        .map(({ conversationId }) => conversationId)
        .sort()
        .filter((id) => id > after)
        .slice(0, limit);
    },
    async claimSweep(queue, nowMs, untilMs) {
      if ((sweeps.get(queue) ?? 0) > nowMs) return false;
      sweeps.set(queue, untilMs);
      return true;
    },
  };
}
