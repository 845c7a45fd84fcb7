import { isRejected } from '../model/hook-texts.ts';
import type { Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** IM-HOOK-1: what the hook rejects is never acked, and nobody ever sees it. */
export function findUnasked(evidence: Evidence): Violation[] {
  const acked = evidence.sends
    .filter(({ content }) => isRejected(content))
    .flatMap(({ user, clientMsgId, acks }) =>
      acks.map(({ at }) => unasked(`${user}'s ${clientMsgId}, which the hook rejects, was acked`, [at])),
    );
  const edited = evidence
    .of('edit')
    .filter(({ content, outcome }) => isRejected(content) && outcome === 'done')
    .map(({ at, user, editId }) =>
      unasked(`${user}'s edit ${editId}, which the hook rejects, was done`, [at]),
    );
  const seen = evidence.sightings
    .filter(({ message }) => isRejected(message.content))
    .map(({ at, user, message: { conversationId, seq } }) =>
      unasked(`${user} saw ${conversationId} ${seq}, which the hook rejects`, [at]),
    );
  return [...acked, ...edited, ...seen];
}

function unasked(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-HOOK', kind: 'unasked', text, events };
}
