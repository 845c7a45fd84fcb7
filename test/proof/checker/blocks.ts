import { directConversationId } from '../../../protocol/ids.ts';
import type { Settled } from '../history.ts';
import type { At, Evidence, Send } from './evidence.ts';
import { type Period, surelyOn } from './switches.ts';
import type { Violation } from './violation.ts';

/** When a user had surely blocked another one, and the conversation of the two. */
export interface Silence extends Period {
  readonly user: string;
  readonly peer: string;
  readonly conversationId: string;
}

/** An erasure takes the blocks of its user. */
export function silencesOf(evidence: Evidence): Silence[] {
  const pairs = Map.groupBy(evidence.of('block'), ({ user, peer }) => `${user} ${peer}`);
  return [...pairs.values()].flatMap((tries) => {
    const [{ user = '', peer = '' } = {}] = tries;
    const erasures = evidence.of('erase').filter((one) => one.user === user);
    const conversationId = directConversationId(user, peer);
    return surelyOn(tries, erasures).map((period) => ({ ...period, user, peer, conversationId }));
  });
}

/**
 * IM-BLOCK: what a user begins to write to another one by whom they are blocked is neither acked nor seen; nor do they learn that the
 * other one reads, or add them to a group. Nobody else is refused.
 */
export function findWrongBlocks(evidence: Evidence): Violation[] {
  const silences = silencesOf(evidence);
  return [
    ...silences.flatMap((silence) => [
      ...findUnwelcome(evidence, silence),
      ...findChanges(evidence, silence),
      ...findCursors(evidence, silence),
    ]),
    ...findJoined(evidence, silences),
    ...findWronglyRefused(evidence),
  ];
}

/** A message that was first tried after the block. */
function findUnwelcome(evidence: Evidence, silence: Silence): Violation[] {
  const { user, peer, conversationId, since, until } = silence;
  const isWithin = (at: number) => at > since && at < until;
  const unwelcome = evidence.sends.filter(
    (send) => send.user === peer && send.conversationId === conversationId && begunAt(evidence, send) > since,
  );
  return unwelcome.flatMap(({ clientMsgId, acks }) => {
    const seen = evidence.sightings.filter(
      ({ message }) =>
        message.from === peer &&
        message.conversationId === conversationId &&
        message.clientMsgId === clientMsgId,
    );
    return [...acks, ...seen]
      .filter(({ at }) => isWithin(at))
      .map(({ at }) => blockedBut(`${peer}, whom ${user} had blocked, sent ${clientMsgId}`, [since, at]));
  });
}

/** A repeat of an edit finds what it did before the block. */
function findChanges(evidence: Evidence, { user, peer, conversationId, since, until }: Silence): Violation[] {
  const edits = evidence.of('edit');
  const changes = [...edits, ...evidence.of('react'), ...evidence.of('pin')].filter(
    (one) => one.user === peer && one.conversationId === conversationId && one.outcome === 'done',
  );
  const isRepeat = (one: (typeof changes)[number]) =>
    one.type === 'edit' && edits.some(({ editId, begun }) => editId === one.editId && begun < since);
  return changes
    .filter((one) => one.begun > since && one.at < until && !isRepeat(one))
    .map(({ type, seq, at }) =>
      blockedBut(`${peer}, whom ${user} had blocked, changed ${conversationId} ${seq} (${type})`, [
        since,
        at,
      ]),
    );
}

/** The peer's list says that the user has read nothing, and pushes say nothing of what the user reads later. */
function findCursors(evidence: Evidence, { user, peer, conversationId, since, until }: Silence): Violation[] {
  const reads = evidence
    .of('read')
    .filter((one) => one.user === user && one.conversationId === conversationId && one.begun < since);
  const pushed = evidence
    .of('cursor')
    .filter((one) => one.user === peer && one.of === user && one.conversationId === conversationId)
    .filter(({ at, seq }) => at > since && at < until && !reads.some((read) => read.seq === seq));
  const listed = evidence
    .of('listed')
    .filter((one) => one.user === peer && one.begun > since && one.at < until)
    .filter(({ conversations }) =>
      conversations.some((row) => row.conversationId === conversationId && (row.peerReadSeq ?? 0) > 0),
    );
  return [...pushed, ...listed].map(({ at }) =>
    blockedBut(`${peer} learned what ${user} has read, who had blocked them`, [since, at]),
  );
}

/** No more joins than requests that may have made one. */
function findJoined(evidence: Evidence, silences: readonly Silence[]): Violation[] {
  const adds = evidence.of('membership').filter(({ change, by }) => change === 'add' && by !== undefined);
  const pairs = new Map(adds.map((one) => [`${one.conversationId} ${one.by} ${one.user}`, one]));
  return [...pairs.values()].flatMap(({ conversationId, by = '', user }): Violation[] => {
    const own = adds.filter(
      (one) => one.conversationId === conversationId && one.by === by && one.user === user,
    );
    const able = own.filter(
      ({ begun, at, outcome }) =>
        outcome !== 'refused' &&
        !silences.some((one) => one.user === user && one.peer === by && begun > one.since && at < one.until),
    );
    const joins = evidence.finalOf(conversationId).filter(({ content }) => isJoin(content, by, user));
    if (joins.length <= able.length) return [];
    const text = `${by} added ${user} to ${conversationId} ${joins.length} times; at most ${able.length} times ${user} had not blocked them`;
    return [blockedBut(text, [...own.map(({ at }) => at), evidence.finalAt(conversationId)])];
  });
}

function isJoin(content: unknown, by: string, user: string): boolean {
  const one = content as { type?: string; event?: string; by?: string; users?: readonly string[] };
  return (
    one.type === 'system' && one.event === 'joined' && one.by === by && one.users?.includes(user) === true
  );
}

/** In a direct conversation, without a block by the other user, or of what had been acked before. */
function findWronglyRefused(evidence: Evidence): Violation[] {
  const settled = new Map(evidence.of('settled').map((one) => [one.id, one]));
  const barred = new Set([...evidence.of('ban'), ...evidence.of('erase')].map(({ user }) => user));
  return evidence.sends
    .filter(({ user }) => !barred.has(user))
    .flatMap((send) => {
      const peer = evidence.peerOf(send.user, send.conversationId);
      if (peer === undefined) return [];
      return send.tries.flatMap((one): Violation[] => {
        const end = settled.get(one.id);
        if (end === undefined || !isForbidden(end)) return [];
        const isRepeat = send.acks.some((ack) => ack.at < one.at);
        if (!isRepeat && evidence.isBlockPossible(peer, send.user, one.at, end.at)) return [];
        const text = `${send.user}'s ${send.clientMsgId} was refused, although ${isRepeat ? 'it had been acked' : `${peer} had not blocked them`}`;
        return [{ invariant: 'IM-BLOCK', kind: 'wrongly-refused', text, events: [one.at, end.at] }];
      });
    });
}

function isForbidden({ outcome }: At<Settled>): boolean {
  return outcome.is === 'refused' && outcome.code === 'forbidden';
}

/** When it was first tried by a try that may have stored something, under the same clientMsgId. */
function begunAt(evidence: Evidence, { user: from, conversationId, clientMsgId }: Send): number {
  const tries = evidence
    .sendsOf({ from, conversationId, clientMsgId })
    .flatMap(({ tries, refused }) => tries.filter(({ id }) => !refused.has(id)));
  return Math.min(...tries.map(({ at }) => at));
}

function blockedBut(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-BLOCK', kind: 'blocked-but-served', text, events };
}
