import type { SeenMessage } from '../history.ts';
import { isErased, isRecalled, isStoredAs, isSystem } from './content.ts';
import { isBeingErased } from './erasures.ts';
import type { Evidence, Send, Sighting } from './evidence.ts';
import type { Violation } from './violation.ts';

/** IM-INV-1: every acked or seen message is in history exactly once, with the acked id and seq. */
export function findLost(evidence: Evidence): Violation[] {
  const acked = evidence.sends.flatMap((send) =>
    send.acks.flatMap((ack) => findLostAck(evidence, send, ack)),
  );
  const queued = evidence.sends
    .filter((send) => send.isQueued && !isStored(evidence, send) && !mayBeDropped(evidence, send))
    .map((send) => lost(`${nameOf(send)} was queued and is not in history`, tries(send)));
  const seenButLost = evidence.sightings
    .filter(({ message }) => !isInHistory(evidence, message))
    .map(({ at, user, message }) => lost(`${user} saw ${placeOf(message)}, and it is not in history`, [at]));
  return [...acked, ...queued, ...seenButLost];
}

function findLostAck(evidence: Evidence, send: Send, { at, outcome }: Send['acks'][number]): Violation[] {
  const kept = evidence
    .finalOf(send.conversationId)
    .filter(({ messageId }) => messageId === outcome.messageId);
  const [message] = kept;
  const text = `${nameOf(send)} was acked as ${outcome.seq} ${outcome.messageId}`;
  if (message === undefined) return [lost(`${text} and is not in history`, [at])];
  if (message.seq !== outcome.seq || message.sentAt !== outcome.sentAt) {
    const where = `${message.seq} of ${message.sentAt}`;
    return [
      {
        invariant: 'IM-INV-1',
        kind: 'ambiguous',
        text: `${text} and is in history at ${where}`,
        events: [at],
      },
    ];
  }
  return [];
}

function lost(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-INV-1', kind: 'lost', text, events };
}

/** IM-INV-2: no message appears that was not attempted or was refused, and a send appears at most once. */
export function findUninvited(evidence: Evidence): Violation[] {
  const uninvited = evidence.sightings.flatMap((sighting) => judge(evidence, sighting));
  return [...uninvited, ...findDuplicated(evidence)];
}

function judge(evidence: Evidence, { at, user, message }: Sighting): Violation[] {
  if (isSystem(message)) return [];
  const named = evidence.sendsOf(message);
  const text = `${user} saw ${placeOf(message)}`;
  const invariant = 'IM-INV-2';
  if (named.length === 0)
    return [{ invariant, kind: 'phantom', text: `${text}; nobody sent it`, events: [at] }];
  const isRedacted =
    (isRecalled(message) && evidence.recallsOf(message).some((recall) => recall.begun <= at)) ||
    (isErased(message) && isBeingErased(evidence, message.from, at));
  const isEdited = evidence
    .editsOf(message)
    .some(
      (edit) => edit.outcome !== 'refused' && edit.begun <= at && isStoredAs(edit.content, message.content),
    );
  // Once changed, two contents under one clientMsgId look alike: take one that was not refused.
  const send =
    isRedacted || isEdited
      ? (named.find((one) => !isRefused(one)) ?? named[0])
      : named.find(({ content }) => isStoredAs(content, message.content));
  if (send === undefined) {
    const events = [...named.flatMap(tries), at];
    return [{ invariant, kind: 'altered', text: `${text}; it was sent with other content`, events }];
  }
  if ((send.tries[0]?.at ?? 0) > at) {
    return [{ invariant, kind: 'phantom', text: `${text} before it was sent`, events: [at, ...tries(send)] }];
  }
  if (!isRefused(send)) return [];
  return [
    {
      invariant,
      kind: 'refused-but-visible',
      text: `${text}; each try was refused`,
      events: [...tries(send), at],
    },
  ];
}

function isRefused({ tries, refused }: Send): boolean {
  return tries.every(({ id }) => refused.has(id));
}

function findDuplicated(evidence: Evidence): Violation[] {
  return evidence.conversationIds.flatMap((conversationId) => {
    const byKey = Map.groupBy(
      evidence.finalOf(conversationId),
      ({ from, clientMsgId }) => `${from}\n${clientMsgId}`,
    );
    return [...byKey.values()]
      .filter((same) => same.length > 1)
      .map(
        (same): Violation => ({
          invariant: 'IM-INV-2',
          kind: 'duplicated',
          text: `one send is in history as ${same.map(placeOf).join(' and ')}`,
          events: [
            ...evidence.sendsOf(same[0] as SeenMessage).flatMap(tries),
            evidence.finalAt(conversationId),
          ],
        }),
      );
  });
}

/** A service event in the name of a blocked user is dropped (IM-BLOCK-4). */
function mayBeDropped(evidence: Evidence, { user, conversationId, tries: all }: Send): boolean {
  const peer = evidence.peerOf(user, conversationId);
  return peer !== undefined && evidence.isBlockPossible(peer, user, all[0]?.at ?? 0);
}

function isStored(evidence: Evidence, { user, conversationId, clientMsgId }: Send): boolean {
  return evidence
    .finalOf(conversationId)
    .some((message) => message.from === user && message.clientMsgId === clientMsgId);
}

function isInHistory(evidence: Evidence, { conversationId, messageId, seq }: SeenMessage): boolean {
  return evidence
    .finalOf(conversationId)
    .some((message) => message.messageId === messageId && message.seq === seq);
}

function tries(send: Send): number[] {
  return send.tries.map(({ at }) => at);
}

function nameOf({ user, clientMsgId, conversationId }: Send): string {
  return `${user}'s ${clientMsgId} in ${conversationId}`;
}

function placeOf({ conversationId, seq, messageId, from, clientMsgId }: SeenMessage): string {
  return `${conversationId} ${seq} ${messageId} (${from}'s ${clientMsgId})`;
}
