import type { HistoryEvent, SeenMessage } from '../history.ts';
import { isSystem } from './content.ts';
import { type At, type Evidence, isDesk } from './evidence.ts';
import type { Violation } from './violation.ts';

/** The author of what the operator does to a group. */
const OPERATOR = 'system';

type OfUser = At<Extract<HistoryEvent, { readonly user: string }>>;

/** IM-INV-5: a non-member receives nothing of a conversation, not even that it exists, and cannot send to it. */
export function findVisibilityViolations(evidence: Evidence): Violation[] {
  return [...findIntruders(evidence), ...findListeners(evidence), ...findStrangers(evidence)];
}

function findIntruders(evidence: Evidence): Violation[] {
  return evidence.sightings
    .filter(({ message }) => !mayWrite(evidence, message))
    .map(({ at, message: { from, conversationId, seq } }): Violation => {
      const text = `${from} is not in ${conversationId} and sent ${seq} to it`;
      return { invariant: 'IM-INV-5', kind: 'sent-by-non-member', text, events: [at] };
    });
}

/** A member may send until the removal; a send that began before may commit after. */
function mayWrite(evidence: Evidence, message: SeenMessage): boolean {
  const { from, conversationId, seq } = message;
  if (isSystem(message) && (isDesk(conversationId) || from === OPERATOR)) return true;
  if (evidence.periodsOf(from, conversationId).some((one) => seq >= one.from && seq <= one.to)) return true;
  const tries = evidence.sendsOf(message).flatMap((send) => send.tries);
  return (
    evidence.isChanging(conversationId) && tries.some(({ at }) => !evidence.isOutAt(from, conversationId, at))
  );
}

/** Messages from before a member's join or after the removal. */
function findStrangers(evidence: Evidence): Violation[] {
  return evidence.sightings
    .filter(({ user, message }) => user !== '' && evidence.isChanging(message.conversationId))
    .filter(({ user, message }) => !evidence.maySee(user, message))
    .map(({ at, user, message: { conversationId, seq } }): Violation => {
      const text = `${user} was not a member of ${conversationId} at ${seq} and saw it`;
      return { invariant: 'IM-INV-5', kind: 'visible-to-non-member', text, events: [at] };
    });
}

function findListeners(evidence: Evidence): Violation[] {
  return evidence.events.flatMap((event) => {
    if (!('user' in event)) return [];
    return [...new Set(conversationsIn(event))]
      .filter((conversationId) => isForeign(evidence, event, conversationId))
      .map((conversationId): Violation => {
        const text = `${event.user} is not in ${conversationId} and learned of it (${event.type})`;
        return { invariant: 'IM-INV-5', kind: 'visible-to-non-member', text, events: [event.at] };
      });
  });
}

/** A non-member's reads must fail. A push may have been in delivery when its receiver was removed. */
function isForeign(evidence: Evidence, event: OfUser, conversationId: string): boolean {
  const { user } = event;
  if (event.type === 'saw' && event.page !== undefined)
    return evidence.isOutAt(user, conversationId, event.page.begun, event.at);
  if (event.type === 'listed') return evidence.isOutAt(user, conversationId, event.begun, event.at);
  return evidence.wasNeverIn(user, conversationId, event.at);
}

/** The conversations that this event reveals to its user; an attempt reveals nothing. */
function conversationsIn(event: HistoryEvent): readonly string[] {
  switch (event.type) {
    case 'saw':
      return [
        ...event.messages.map(({ conversationId }) => conversationId),
        ...(event.page ? [event.page.conversationId] : []),
      ];
    case 'listed':
      return event.conversations.map(({ conversationId }) => conversationId);
    case 'cursor':
      return [event.conversationId];
    default:
      return [];
  }
}
