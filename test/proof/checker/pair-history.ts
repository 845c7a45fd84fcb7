import type { History, HistoryEvent, SeenMessage } from '../history.ts';
import { printViolations, violationsOf } from './checker.ts';

export const ID = 'dm:ann:cid';

export const text = (said: string) => ({ type: 'text', text: said });

export const message = (seq: number, from: string, more: Partial<SeenMessage> = {}): SeenMessage => ({
  conversationId: ID,
  seq,
  messageId: `id${seq}`,
  clientMsgId: `m${seq}`,
  from,
  content: text(`${from}'s m${seq}`),
  sentAt: seq,
  ...more,
});

export const FIRST = message(1, 'cid');
export const SECOND = message(2, 'ann');

/** A send of this message, and its ack. */
export const sent = (one: SeenMessage, id: number, content: unknown = one.content): HistoryEvent[] => {
  const { from: user, conversationId, clientMsgId, messageId, seq, sentAt } = one;
  return [
    { type: 'try', id, user, via: 'http', conversationId, clientMsgId, content },
    { type: 'settled', id, outcome: { is: 'acked', messageId, seq, sentAt, duplicate: false } },
  ];
};

export const final = (...messages: SeenMessage[]): HistoryEvent => ({
  type: 'final',
  user: 'ann',
  conversationId: ID,
  messages,
});

export const page = (user: string, begun: number, ...messages: SeenMessage[]): HistoryEvent => ({
  type: 'saw',
  user,
  channel: 'history',
  messages,
  page: { conversationId: ID, after: 0, hasMore: false, begun },
});

/** Judges what happened in these conversations. */
export function violations(
  events: readonly HistoryEvent[],
  members: Readonly<Record<string, readonly string[]>> = { [ID]: ['ann', 'cid'] },
  times?: readonly number[],
): string {
  const conversations = Object.entries(members).map(([conversationId, all]) => {
    return { conversationId, members: all };
  });
  const history: History = { seed: 1, conversations, events, ...(times && { times }) };
  return printViolations(violationsOf(history), history);
}
