import type { ChangedPush, Message } from '../../../protocol/frames.ts';
import type { Conversation } from '../../../protocol/http.ts';
import { parseConversationId } from '../../../protocol/ids.ts';

export const SERVER_TIME = 1_800_000_000_000;

/** A message from bob to alice, stored at `SERVER_TIME`. */
export function message(seq: number, parts: Partial<Message> = {}): Message {
  return {
    conversationId: 'dm:alice:bob',
    seq,
    messageId: `M${seq}`,
    clientMsgId: `c${seq}`,
    from: 'bob',
    content: { type: 'text', text: `message ${seq}` },
    sentAt: SERVER_TIME,
    rev: 0,
    ...parts,
  };
}

const recalledBy = (by: string, at: number) => ({ content: { type: 'recalled', by, at } as const, rev: 1 });

/** The push of a recall. */
export function recallPush(seq: number, by: string, at = 1): ChangedPush {
  const change = { kind: 'recalled', by } as const;
  const recalled = message(seq, { from: by, ...recalledBy(by, at) });
  return { type: 'changed', conversationId: recalled.conversationId, change, message: recalled };
}

/** Sent long before `SERVER_TIME`, so it is history for a new device. */
export function oldMessage(seq: number, parts: Partial<Message> = {}): Message {
  return message(seq, { sentAt: SERVER_TIME - 3_600_000, ...parts });
}

/** One conversation of the server's list, computed from `history`. */
export function listed(history: readonly Message[], conversationId: string, head = 0): Conversation {
  const last = history
    .filter((one) => one.conversationId === conversationId)
    .reduce<Message | null>((a, b) => (a === null || b.seq > a.seq ? b : a), null);
  const { kind } = parseConversationId(conversationId) ?? { kind: 'direct' };
  const others = history.filter((one) => one.conversationId === conversationId && one.from !== 'alice');
  return {
    conversationId,
    kind,
    ...{ direct: { peer: 'bob' }, group: { name: 'Rowers' }, support: { name: 'My parcel' } }[kind],
    head: Math.max(head, last?.seq ?? 0),
    lastMessage: last,
    readSeq: 0,
    unread: others.length,
  };
}

export function seqs(messages: readonly { readonly seq?: number | undefined }[]): (number | undefined)[] {
  return messages.map(({ seq }) => seq);
}
