import type { HistoryEvent } from '../history.ts';
import type { Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** I5: nothing of a conversation reaches a user who isn't in it, not even that it exists. */
export function findOutsiders(evidence: Evidence): Violation[] {
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
