import type { Chat, ChatList } from '../domain/model/chat.ts';
import type { OutboxEntry } from '../domain/model/outbox.ts';
import type { Item } from './dynamodb.ts';

/* Keys of the desk table: see desk-table.ts. User ids, queue names, and conversation ids never contain a `#`. */

export const WAITING = 'w#';
export const AGENT = 'a#';
export const OUTBOX = 't#';
const DIGITS = 15;

export function queuePartition(queue: string): string {
  return `q#${queue}`;
}

export function agentPartition(userId: string): string {
  return AGENT + userId;
}

export function agentKey(userId: string): Item {
  return { pk: agentPartition(userId), sk: 'agent' };
}

/** An agent's row in a queue that they serve. */
export function servingKey(queue: string, userId: string): Item {
  return { pk: queuePartition(queue), sk: AGENT + userId };
}

/** Sorts requeued chats before those that were never assigned, then by age. */
export function waitingKey({ queue, isBack, openedAtMs, conversationId }: Chat): Item {
  const rank = isBack === true ? 0 : 1;
  const since = String(openedAtMs).padStart(DIGITS, '0');
  return { pk: queuePartition(queue), sk: `${WAITING}${rank}#${since}#${conversationId}` };
}

export function customerKey({ customer, queue }: Pick<Chat, 'customer' | 'queue'>): Item {
  return { pk: `c#${customer}`, sk: queuePartition(queue) };
}

export function outboxKey(
  queue: string,
  { conversationId, seq }: Pick<OutboxEntry, 'conversationId' | 'seq'>,
): Item {
  return { pk: queuePartition(queue), sk: `${OUTBOX}${conversationId}#${String(seq).padStart(DIGITS, '0')}` };
}

export function sweepKey(queue: string): Item {
  return { pk: queuePartition(queue), sk: 'p' };
}

export function listKey(list: ChatList, conversationId: string): Item {
  const pk = 'agent' in list.of ? agentPartition(list.of.agent) : queuePartition(list.of.queue);
  return { pk, sk: listPrefix(list) + conversationId };
}

export function listPrefix({ part }: ChatList): string {
  return part === 'open' ? 'o#' : 'z#';
}
