import type { Listed, ListedConversation } from '../history.ts';
import type { At, Evidence } from './evidence.ts';
import type { Violation, ViolationKind } from './violation.ts';

/** `unread` stops counting here (section 6). */
const MOST_UNREAD = 100;

/** IM-INV-6: cursors never go back; unread is the number of others' messages above the cursor, and never negative. */
export function findWrongCursors(evidence: Evidence): Violation[] {
  const lists = evidence.of('listed');
  return lists.flatMap((listed) =>
    listed.conversations.flatMap((row) => {
      const since = evidence.memberSince(listed.user, row.conversationId, listed.begun);
      // A member who was removed and added again starts over.
      if (since === undefined) return [];
      return [...judgeCursor(evidence, lists, listed, row, since), ...judgeUnread(evidence, listed, row)];
    }),
  );
}

function judgeCursor(
  evidence: Evidence,
  lists: readonly At<Listed>[],
  { at, user, begun }: At<Listed>,
  { conversationId, readSeq }: ListedConversation,
  since: number,
): Violation[] {
  const reads = evidence
    .of('read')
    .filter((read) => read.user === user && read.conversationId === conversationId);
  const done = reads.filter((read) => read.done && read.at < begun && read.begun >= since);
  const earlier = lists.flatMap((list) =>
    list.user !== user || list.at >= begun || list.begun < since
      ? []
      : list.conversations
          .filter((row) => row.conversationId === conversationId)
          .map((row) => ({ at: list.at, seq: row.readSeq })),
  );
  const higher = [...done, ...earlier].find(({ seq }) => seq > readSeq);
  const where = `${user}'s cursor in ${conversationId}`;
  if (higher !== undefined) {
    return [violation('cursor-went-back', `${where} was ${higher.seq} and is ${readSeq}`, [higher.at, at])];
  }
  if (readSeq > Math.max(0, ...reads.map(({ seq }) => seq))) {
    return [violation('cursor-went-back', `${where} is ${readSeq}, further than it was ever put`, [at])];
  }
  return [];
}

/** During delivery the count has bounds: messages acked before, and messages at the end. */
function judgeUnread(
  evidence: Evidence,
  { at, user, begun }: At<Listed>,
  { conversationId, readSeq, unread }: ListedConversation,
): Violation[] {
  const own = evidence.ownPartOf(user, conversationId);
  const others = own.filter(({ from, seq }) => from !== user && seq > readSeq);
  const known = others.filter(
    (message) =>
      begun > evidence.healedAt ||
      evidence.sendsOf(message).some(({ acks }) => acks.some((ack) => ack.at < begun)),
  );
  const least = Math.min(known.length, MOST_UNREAD);
  const most = Math.min(others.length, MOST_UNREAD);
  if (unread >= least && unread <= most) return [];
  const bounds = least === most ? `${least}` : `${least} to ${most}`;
  const text = `${user} has ${unread} unread above ${readSeq} in ${conversationId}; there are ${bounds}`;
  return [violation('wrong-unread', text, [at])];
}

function violation(kind: ViolationKind, text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-INV-6', kind, text, events };
}
