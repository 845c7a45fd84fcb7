import { isEndedByBan } from './bans.ts';
import { isBeingErased } from './erasures.ts';
import type { Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** What the SDK promises whatever its store, its device's clock, and its network do. */
export function findBrokenApps(evidence: Evidence): Violation[] {
  return [
    ...findForgotten(evidence),
    ...findShuffled(evidence),
    ...findWrongViews(evidence),
    ...findWrongLists(evidence),
    ...findStuck(evidence),
  ];
}

/** What the store had is sent, however often the program ended, unless the server refused it, or its user was erased. */
function findForgotten(evidence: Evidence): Violation[] {
  return evidence.of('kept').flatMap(({ at, user, conversationId, clientMsgId }): Violation[] => {
    if (isBeingErased(evidence, user, Number.POSITIVE_INFINITY)) return [];
    const isStored = evidence
      .finalOf(conversationId)
      .some((message) => message.from === user && message.clientMsgId === clientMsgId);
    const sends = evidence.sends.filter((send) => send.user === user && send.clientMsgId === clientMsgId);
    if (isStored || sends.some(({ refused }) => refused.size > 0)) return [];
    const text = `${user}'s store kept ${clientMsgId}, and it is not in history`;
    return [{ invariant: 'IM-INV-1', kind: 'lost', text, events: [at] }];
  });
}

/** Unsent messages are shown in the order in which they were written. */
function findShuffled(evidence: Evidence): Violation[] {
  const writtenAt = new Map(
    // The first of several contents under one id comes last, and stays.
    evidence.sends
      .toReversed()
      .map(({ user, clientMsgId, tries }) => [`${user} ${clientMsgId}`, tries[0]?.at ?? 0]),
  );
  return evidence.of('unsent').flatMap(({ at, user, device, unsent }): Violation[] => {
    const order = unsent.map((clientMsgId) => writtenAt.get(`${user} ${clientMsgId}`) ?? 0);
    const isOrdered = order.every((one, index) => index === 0 || one > (order[index - 1] ?? 0));
    if (isOrdered) return [];
    const text = `${user}/${device} shows unsent messages in another order than they were written`;
    return [{ invariant: 'IM-INV-3', kind: 'reordered', text, events: [...order, at] }];
  });
}

/** When everything works again, a view is the history that its user may see, in order, each message once. */
function findWrongViews(evidence: Evidence): Violation[] {
  return evidence.of('shown').flatMap(({ at, user, device, conversationId, messages }): Violation[] => {
    const wrong = (kind: Violation['kind'], text: string): Violation => ({
      invariant: kind === 'reordered' ? 'IM-INV-3' : 'IM-INV-4',
      kind,
      text: `${user}/${device} shows ${conversationId} ${text}`,
      events: [at],
    });
    const seqs = messages.map(({ seq }) => seq);
    const isAscending = seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0));
    const missing = evidence
      .ownPartOf(user, conversationId)
      .filter(
        ({ seq, messageId }) => !messages.some((one) => one.seq === seq && one.messageId === messageId),
      );
    return [
      ...(isAscending ? [] : [wrong('reordered', `as ${seqs.join(', ')}`)]),
      ...missing.map(({ seq }) => wrong('unseen', `without ${seq}`)),
    ];
  });
}

/** When everything works again, a list has what its user is in and nothing else, whatever the device missed. */
function findWrongLists(evidence: Evidence): Violation[] {
  return evidence.of('offered').flatMap(({ at, user, device, conversationIds }): Violation[] => {
    const own = evidence.listOf(user);
    const wrong = (ids: readonly string[], how: string): Violation[] =>
      ids.map((id) => {
        const text = `${user}/${device} ${how} ${id}`;
        return { invariant: 'IM-INV-7', kind: 'wrong-list', text, events: [at] };
      });
    return [
      ...wrong(
        own.filter((id) => !conversationIds.includes(id)),
        'does not list',
      ),
      ...wrong(
        conversationIds.filter((id) => !own.includes(id)),
        'still lists',
      ),
    ];
  });
}

/** Only the service's own words end a client, and everything unsent goes once the network and the store work. */
function findStuck(evidence: Evidence): Violation[] {
  return evidence
    .of('ended')
    .filter((end) => !isEndedByBan(evidence, end))
    .map(({ at, user, device, why }) => {
      const text = `${user}/${device} is not connected and done: ${why}`;
      return { invariant: 'IM-INV-4', kind: 'stuck', text, events: [at] };
    });
}
