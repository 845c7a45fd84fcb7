import type { Connected, HistoryPage, Listed, Saw, SeenMessage } from '../history.ts';
import { type At, type Evidence, isDesk } from './evidence.ts';
import { steadyConnections } from './steady-connections.ts';
import type { Violation } from './violation.ts';

/** IM-INV-4: a synced device has exactly its conversations' histories. */
export function findUnseen(evidence: Evidence): Violation[] {
  return evidence.of('synced').flatMap(({ at, user, device, view }) => {
    const has = new Set(view.map(placeOf));
    const conversations = evidence.conversationsOf(user);
    const must = conversations.flatMap((id) => evidence.ownPartOf(user, id));
    const may = conversations
      .flatMap((id) => evidence.finalOf(id))
      .filter((message) => evidence.maySee(user, message));
    const kept = new Set(may.map(placeOf));
    const missing = must
      .filter((message) => !has.has(placeOf(message)))
      .map((message): Violation => {
        const text = `${user}/${device} has synced and lacks ${placeOf(message)}`;
        return { invariant: 'IM-INV-4', kind: 'unseen', text, events: [at, ...tellersOf(evidence, message)] };
      });
    const extra = [...has]
      .filter((place) => !kept.has(place))
      .map((place): Violation => {
        const text = `${user}/${device} has ${place}, which is not in the history it may see`;
        return { invariant: 'IM-INV-4', kind: 'phantom', text, events: [at] };
      });
    return [...missing, ...extra];
  });
}

/** Reads are strongly consistent: a page has every message acked before its request (section 6). */
export function findStale(evidence: Evidence): Violation[] {
  const pages = evidence
    .of('saw')
    .flatMap((saw) => (saw.page === undefined ? [] : stalePage(evidence, saw, saw.page)));
  const lists = evidence.of('listed').flatMap((listed) => staleList(evidence, listed));
  return [...pages, ...lists];
}

function stalePage(evidence: Evidence, { at, user, messages }: At<Saw>, page: HistoryPage): Violation[] {
  const has = new Set(messages.map(({ seq }) => seq));
  if (evidence.memberSince(user, page.conversationId, page.begun) === undefined) return [];
  const own = new Set(evidence.ownPartOf(user, page.conversationId).map(({ seq }) => seq));
  return acksBefore(evidence, page.conversationId, page.begun)
    .filter(({ seq }) => own.has(seq) && isInRange(seq, page, messages) && !has.has(seq))
    .map(({ seq, at: ackedAt }): Violation => {
      const text = `${user}'s page of ${page.conversationId} lacks ${seq}, which was acked before`;
      return { invariant: 'IM-INV-4', kind: 'stale', text, events: [ackedAt, page.begun, at] };
    });
}

function isInRange(
  seq: number,
  { after, before, hasMore }: HistoryPage,
  messages: readonly SeenMessage[],
): boolean {
  if (after !== undefined) return seq > after && (!hasMore || seq <= (messages.at(-1)?.seq ?? after));
  return seq < (before ?? Number.POSITIVE_INFINITY) && (!hasMore || seq >= (messages[0]?.seq ?? 0));
}

function staleList(evidence: Evidence, { at, user, begun, conversations }: At<Listed>): Violation[] {
  const listed = new Map(conversations.map((one) => [one.conversationId, one]));
  return evidence.conversationsOf(user).flatMap((conversationId) => {
    const row = listed.get(conversationId);
    const last = row?.lastMessage?.seq ?? 0;
    if (evidence.memberSince(user, conversationId, begun) === undefined) return [];
    const own = new Set(evidence.ownPartOf(user, conversationId).map(({ seq }) => seq));
    const missed = acksBefore(evidence, conversationId, begun).find(
      ({ seq }) => own.has(seq) && seq > Math.min(last, row?.head ?? 0),
    );
    if (missed === undefined) return [];
    const text = `${user}'s list has ${conversationId} with head ${row?.head} and last message ${last}, but ${missed.seq} was acked before`;
    return [{ invariant: 'IM-INV-4' as const, kind: 'stale' as const, text, events: [missed.at, begun, at] }];
  });
}

function acksBefore({ sends }: Evidence, conversationId: string, begun: number) {
  return sends
    .filter((send) => send.conversationId === conversationId)
    .flatMap(({ acks }) => acks.map(({ at, outcome }) => ({ at, seq: outcome.seq })))
    .filter(({ at }) => at < begun);
}

/**
 * IM-PUSH-2: when everything works again, a connection that was open since before a message was sent has got it. Managed ones must
 * have drained the inbox since they were opened; the connection that sent it gets its ack instead (IM-SEND-5).
 */
export function findStranded(evidence: Evidence): Violation[] {
  if (evidence.healedAt === Number.POSITIVE_INFINITY) return [];
  return steadyConnections(evidence).flatMap((connected) => strandedOf(evidence, connected));
}

function strandedOf(evidence: Evidence, { at, user, device, connection, mode }: At<Connected>): Violation[] {
  const got = new Set(
    evidence
      .of('saw')
      .filter((saw) => saw.connection === connection && saw.at < evidence.healedAt)
      .flatMap(({ messages }) => messages.map(placeOf)),
  );
  return evidence
    .conversationsOf(user)
    .filter((id) => !isDesk(id) || evidence.isCustomer(user, id))
    .flatMap((id) => evidence.ownPartOf(user, id))
    .filter((message) => {
      const tries = evidence.sendsOf(message).flatMap((send) => send.tries);
      // Nobody is told of an import (IM-IMPORT-6).
      const isLater = tries.length > 0 && tries.every((one) => one.at > at && one.via !== 'import');
      const isOwn = tries.some((one) => one.connection === connection);
      return isLater && !isOwn && !got.has(placeOf(message));
    })
    .map((message): Violation => {
      const text = `${user}/${device} (${mode}) was always connected as ${connection} and never got ${placeOf(message)}`;
      return { invariant: 'IM-INV-4', kind: 'stranded', text, events: [at, ...tellersOf(evidence, message)] };
    });
}

/** The tries and acks of a message. */
function tellersOf(evidence: Evidence, message: SeenMessage): number[] {
  return evidence
    .sendsOf(message)
    .flatMap(({ tries, acks }) => [...tries, ...acks])
    .map(({ at }) => at);
}

function placeOf({
  conversationId,
  seq,
  messageId,
}: Pick<SeenMessage, 'conversationId' | 'seq' | 'messageId'>): string {
  return `${conversationId} ${seq} ${messageId}`;
}
