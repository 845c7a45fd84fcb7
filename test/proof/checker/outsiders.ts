import type { HistoryEvent } from '../history.ts';
import type { Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** I5: nothing of a conversation reaches a user who isn't in it, not even that it exists; and nobody else writes in it. */
export function findOutsiders(evidence: Evidence): Violation[] {
  return [...findIntruders(evidence), ...findListeners(evidence)];
}

function findIntruders(evidence: Evidence): Violation[] {
  return evidence.sightings
    .filter(({ message }) => !evidence.isMember(message.from, message.conversationId))
    .map(({ at, message: { from, conversationId, seq } }): Violation => {
      const text = `${from} is not in ${conversationId}, and wrote ${seq} of it`;
      return { invariant: 'I5', kind: 'written-by-outsider', text, events: [at] };
    });
}

function findListeners(evidence: Evidence): Violation[] {
  return evidence.events.flatMap((event) => {
    if (!('user' in event)) return [];
    return [...new Set(conversationsIn(event))]
      .filter((conversationId) => !evidence.isMember(event.user, conversationId))
      .map((conversationId): Violation => {
        const text = `${event.user} is not in ${conversationId}, and was told of it (${event.type})`;
        return { invariant: 'I5', kind: 'visible-to-outsider', text, events: [event.at] };
      });
  });
}

/** Of which conversations this event tells its user; an attempt tells nothing. */
function conversationsIn(event: HistoryEvent): readonly string[] {
  switch (event.type) {
    case 'saw':
      return [
        ...event.messages.map(({ conversationId }) => conversationId),
        ...(event.page ? [event.page.conversationId] : []),
      ];
    case 'listed':
      return event.conversations.map(({ conversationId }) => conversationId);
    case 'told':
      return [event.conversationId];
    default:
      return [];
  }
}
