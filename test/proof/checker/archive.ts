import { isDeepStrictEqual } from 'node:util';
import type { SeenMessage } from '../history.ts';
import type { Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** IM-ARCHIVE: each message that has expired is in the archive, as its conversation last saw it, and nothing else is. */
export function findWrongArchives(evidence: Evidence): Violation[] {
  const finals = new Map(
    evidence.conversationIds.flatMap((id) =>
      evidence.finalOf(id).map((one) => [one.messageId, one] as const),
    ),
  );
  return evidence.of('archived').flatMap(({ at, messages }) => {
    const kept = new Set(messages.map(({ messageId }) => messageId));
    const missing = [...finals.values()]
      .filter(({ messageId }) => !kept.has(messageId))
      .map((message) => wrong(`${placeOf(message)} has expired and is not in the archive`, [at]));
    const altered = messages.flatMap((message) => {
      const last = finals.get(message.messageId);
      if (last === undefined)
        return [wrong(`${placeOf(message)} is in the archive and was not in history`, [at])];
      return isSameMessage(message, last)
        ? []
        : [wrong(`${placeOf(message)} is in the archive otherwise than it was`, [at])];
    });
    return [...missing, ...altered];
  });
}

/** But for who has reacted and when, which is not known of all. */
export function isSameMessage(one: SeenMessage, other: SeenMessage): boolean {
  return isDeepStrictEqual(factsOf(one), factsOf(other));
}

function factsOf({
  conversationId,
  seq,
  clientMsgId,
  from,
  content,
  sentAt,
  rev = 0,
  reactions = [],
}: SeenMessage) {
  const counts = reactions.map(({ name, count }) => `${name} ${count}`);
  return { conversationId, seq, clientMsgId, from, content, sentAt, rev, counts };
}

function placeOf({ conversationId, seq, messageId }: SeenMessage): string {
  return `${conversationId} ${seq} ${messageId}`;
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-ARCHIVE', kind: 'wrong-archive', text, events };
}
