import { type Evidence, type Send, seqOf } from './evidence.ts';
import type { Violation } from './violation.ts';

/** One claim that a message has a (conversation, seq). */
interface Claim {
  readonly conversationId: string;
  readonly seq: number;
  readonly messageId: string;
  readonly at: number;
}

/** IM-INV-3: (conversation, seq) names one message for ever, and a message has one seq. */
export function findAmbiguous(evidence: Evidence): Violation[] {
  const acks = evidence.sends.flatMap(({ conversationId, acks }) =>
    acks.map(({ at, outcome: { seq, messageId } }): Claim => ({ conversationId, seq, messageId, at })),
  );
  const claims = [...acks, ...evidence.sightings.map(({ at, message }): Claim => ({ ...message, at }))];
  return [
    ...clashes(
      claims,
      ({ conversationId, seq }) => `${conversationId} ${seq}`,
      ({ messageId }) => messageId,
    ),
    ...clashes(
      claims,
      ({ messageId }) => messageId,
      ({ conversationId, seq }) => `${conversationId} ${seq}`,
    ),
    ...findTwiceAcked(evidence),
  ];
}

function clashes(
  claims: readonly Claim[],
  nameOf: (claim: Claim) => string,
  valueIn: (claim: Claim) => string,
): Violation[] {
  return [...Map.groupBy(claims, nameOf)].flatMap(([name, same]): Violation[] => {
    const firsts = [...Map.groupBy(same, valueIn)].map(([value, [first]]) => ({ value, at: first?.at ?? 0 }));
    if (firsts.length < 2) return [];
    const text = `${name} is ${firsts.map(({ value }) => value).join(' and ')}`;
    return [{ invariant: 'IM-INV-3', kind: 'ambiguous', text, events: firsts.map(({ at }) => at) }];
  });
}

function findTwiceAcked({ sends }: Evidence): Violation[] {
  return sends.flatMap(({ user, clientMsgId, acks }): Violation[] => {
    const texts = new Set(
      acks.map(({ outcome: { seq, messageId, sentAt } }) => `${seq} ${messageId} ${sentAt}`),
    );
    if (texts.size < 2) return [];
    const text = `${user}'s ${clientMsgId} was acked as ${[...texts].join(' and as ')}`;
    return [{ invariant: 'IM-INV-3', kind: 'duplicated', text, events: acks.map(({ at }) => at) }];
  });
}

/** IM-INV-3: pages and views ascend; messages of a sender who waited for each ack keep their order (IM-SEND-4). */
export function findReordered(evidence: Evidence): Violation[] {
  const pages = evidence
    .of('saw')
    .filter(({ channel }) => channel !== 'push')
    .flatMap(({ at, user, channel, messages }) => descents(messages, `${user}'s ${channel} page`, at));
  const finals = evidence.conversationIds.flatMap((id) =>
    descents(evidence.finalOf(id), 'history', evidence.finalAt(id)),
  );
  const views = evidence
    .of('synced')
    .flatMap(({ at, user, device, view }) => descents(view, `the view of ${user}/${device}`, at));
  return [...pages, ...finals, ...views, ...findOvertaken(evidence)];
}

function descents(
  places: readonly { readonly conversationId: string; readonly seq: number }[],
  where: string,
  at: number,
): Violation[] {
  const last = new Map<string, number>();
  return places.flatMap(({ conversationId, seq }): Violation[] => {
    const before = last.get(conversationId) ?? 0;
    last.set(conversationId, seq);
    if (seq > before) return [];
    return [
      {
        invariant: 'IM-INV-3',
        kind: 'reordered',
        text: `${where} has ${conversationId} ${seq} after ${before}`,
        events: [at],
      },
    ];
  });
}

function findOvertaken(evidence: Evidence): Violation[] {
  const lanes = Map.groupBy(evidence.sends, ({ user, conversationId }) => `${user}\n${conversationId}`);
  return [...lanes.values()].flatMap((sends) =>
    sends.flatMap((send) => findOvertaker(evidence, send, sends)),
  );
}

/** A message acked before this one was first tried, but with a higher seq. */
function findOvertaker(evidence: Evidence, send: Send, others: readonly Send[]): Violation[] {
  const seq = seqOf(evidence, send);
  const begun = send.tries[0]?.at ?? 0;
  if (seq === undefined) return [];
  const overtaken = others
    .flatMap(({ clientMsgId, acks }) => acks.map((ack) => ({ ...ack, clientMsgId })))
    .find(({ at, outcome }) => at < begun && outcome.seq > seq);
  if (overtaken === undefined || overtaken.clientMsgId === send.clientMsgId) return [];
  const { user, clientMsgId } = send;
  const text = `${user}'s ${clientMsgId} has ${seq}, but ${overtaken.clientMsgId}, acked before, has ${overtaken.outcome.seq}`;
  return [{ invariant: 'IM-INV-3', kind: 'reordered', text, events: [overtaken.at, begun] }];
}
