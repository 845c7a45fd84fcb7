import { directConversationId } from '../../../protocol/ids.ts';
import type { PresenceSeen, TypingPushed, UserPresence } from '../people-history.ts';
import { type Silence, silencesOf } from './blocks.ts';
import type { At, Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** An answer about presence may be a second old. */
const SURELY_KNOWN_MS = 1_500;

/** What one user may learn of another one, at some time between two events. */
interface Glimpse {
  readonly of: string;
  readonly to: string;
  /** A direct conversation, or one that both must be in. */
  readonly conversationId: string;
  readonly since: number;
  readonly until: number;
}

/** A user in an answer about presence, and who asked. */
export interface Shown extends Glimpse {
  readonly at: number;
  readonly person: UserPresence;
}

/** Nobody learns that another user is online or typing unless they may; a connected user is shown as online (IM-PRESENCE-2, IM-BLOCK-2). */
export function findWrongPresence(evidence: Evidence): Violation[] {
  const silences = silencesOf(evidence);
  return [
    ...evidence.of('typing').flatMap((push) => findUnaskedTyping(evidence, silences, push)),
    ...presencesIn(evidence).flatMap((shown) => judge(evidence, silences, shown)),
  ];
}

/** Each signal reaches a connection once, and comes of one that was given at a time from which on it was not always forbidden. */
function findUnaskedTyping(
  evidence: Evidence,
  silences: readonly Silence[],
  { at: until, user: to, connection, of, conversationId, on }: At<TypingPushed>,
): Violation[] {
  const tries = evidence
    .of('types')
    .filter((one) => one.user === of && one.conversationId === conversationId && one.on === on);
  const able = tries
    .filter(({ at }) => at < until)
    .filter(({ at }) => isTypingShown(evidence, silences, { of, to, conversationId, since: at, until }));
  const received = evidence
    .of('typing')
    .filter((one) => one.connection === connection && one.of === of && one.at <= until)
    .filter((one) => one.conversationId === conversationId && one.on === on);
  if (to !== of && received.length <= able.length) return [];
  return [
    wrong(`${to} learned that ${of} types in ${conversationId}`, [...tries.map(({ at }) => at), until]),
  ];
}

/** In a direct conversation it is refused to a user who is blocked, too (IM-BLOCK-1). */
export function isTypingShown(evidence: Evidence, silences: readonly Silence[], one: Glimpse): boolean {
  if (isDirect(one) && isSilenced(silences, { ...one, of: one.to, to: one.of })) return false;
  return mayBeIn(evidence, one) && !(isDirect(one) && isSilenced(silences, one));
}

export function presencesIn(evidence: Evidence): Shown[] {
  return evidence.of('presence').flatMap((answer) =>
    answer.users.map((person): Shown => {
      const [of, to] = [person.userId, answer.user];
      const conversationId = conversationOf(answer, of);
      return { of, to, conversationId, since: answer.begun, until: answer.at, at: answer.at, person };
    }),
  );
}

function conversationOf({ conversationId, user }: PresenceSeen, of: string): string {
  const isNamed = conversationId !== undefined && !conversationId.startsWith('dm:');
  return isNamed ? conversationId : directConversationId(user, of);
}

function judge(evidence: Evidence, silences: readonly Silence[], shown: Shown): Violation[] {
  const { at, of, to, since, person } = shown;
  const isSeen = person.online || person.lastSeenAt !== null;
  if (isSeen && !isPresenceShown(evidence, silences, shown))
    return [wrong(`${to} learned when ${of} is online`, [since, at])];
  if (isSeen && !evidence.of('connected').some((one) => one.user === of && one.at < at))
    return [wrong(`${of} has never connected, and ${to} was shown when`, [at])];
  if (!person.online && mustBeOnline(evidence, shown))
    return [wrong(`${of} was connected, and ${to} was shown that they are offline`, [since, at])];
  return [];
}

export function isPresenceShown(evidence: Evidence, silences: readonly Silence[], one: Glimpse): boolean {
  return one.of === one.to || (mayBeIn(evidence, one) && !isSilenced(silences, one));
}

/** Whether the user was connected all the time, to be seen by who asked. */
export function mustBeOnline(evidence: Evidence, { of, to, conversationId, since, until }: Shown): boolean {
  const isBarred = [...evidence.of('ban'), ...evidence.of('erase')].some(({ user }) => user === of);
  const isHidden = of !== to && evidence.isBlockPossible(of, to, since, until);
  if (isBarred || isHidden) return false;
  const hasWritten = (user: string) =>
    evidence.sends.some(
      (send) =>
        send.user === user &&
        send.conversationId === conversationId &&
        send.acks.some(({ at }) => at < since),
    );
  if (of !== to && isDirect({ conversationId }) && !(hasWritten(of) && hasWritten(to))) return false;
  const ended = new Set(
    evidence
      .of('disconnected')
      .filter(({ at }) => at < until)
      .map(({ connection }) => connection),
  );
  return evidence
    .of('connected')
    .filter(({ at }) => at < since && evidence.timeOf(at) + SURELY_KNOWN_MS < evidence.timeOf(since))
    .some(({ user, connection }) => user === of && !ended.has(connection));
}

/** Both have written, or both are in. */
function mayBeIn(evidence: Evidence, one: Glimpse): boolean {
  const { of, to, conversationId, since, until } = one;
  if (!isDirect(one)) return [of, to].every((user) => !evidence.isOutAt(user, conversationId, since, until));
  return [of, to].every((user) =>
    evidence.sends.some(
      (send) =>
        send.user === user &&
        send.conversationId === conversationId &&
        send.tries.some(({ id, at }) => at < until && !send.refused.has(id)),
    ),
  );
}

function isDirect({ conversationId }: Pick<Glimpse, 'conversationId'>): boolean {
  return conversationId.startsWith('dm:');
}

/** Whether the one who is seen had blocked the other one all the time. */
function isSilenced(silences: readonly Silence[], { of, to, since, until }: Glimpse): boolean {
  return silences.some((one) => one.user === of && one.peer === to && one.since < since && until < one.until);
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-PRESENCE', kind: 'wrong-presence', text, events };
}
