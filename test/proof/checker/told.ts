import { isDeepStrictEqual } from 'node:util';
import type { SeenMessage } from '../history.ts';
import type { Replayed, ToldEvent } from '../platform-history.ts';
import { isStoredAs, isSystem } from './content.ts';
import { findUntoldDeletions } from './deletions.ts';
import type { At, Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** System messages that are events of members, too (IM-EVENT-2). */
const MEMBERS: Readonly<Record<string, string>> = {
  created: 'member.joined',
  joined: 'member.joined',
  left: 'member.left',
  removed: 'member.left',
};
const CHATS = new Set(['opened', 'assigned', 'transferred', 'requeued', 'closed']);

/** The ids of the events that must come of the conversations' histories: of each message, and of each of its changes. */
export function eventsOf(evidence: Evidence): ReadonlyMap<string, SeenMessage> {
  return new Map(
    evidence.conversationIds.flatMap((id) =>
      evidence
        .finalOf(id)
        .flatMap((message) => idsOf(evidence, message).map((one) => [one, message] as const)),
    ),
  );
}

function idsOf(evidence: Evidence, message: SeenMessage): readonly string[] {
  const { messageId, rev = 0 } = message;
  const revs = Array.from({ length: rev + 1 }, (_, n) => `${messageId}-${n}`);
  // That a message was imported is none (IM-IMPORT-6).
  if (isImported(evidence, message)) return revs.slice(1);
  const also = alsoOf(message);
  return also === undefined ? revs : [...revs, `${messageId}-0-${also}`];
}

/** The event beside its own that a system message is. */
export function alsoOf(message: SeenMessage): string | undefined {
  if (!isSystem(message)) return undefined;
  const { event = '' } = message.content as { readonly event?: string };
  return CHATS.has(event) ? `desk.${event}` : MEMBERS[event];
}

export function isImported(evidence: Evidence, message: SeenMessage): boolean {
  return evidence.sendsOf(message).some(({ tries }) => tries.some(({ via }) => via === 'import'));
}

/** The replays that may have told of this message (IM-EVENT-6). */
export function replaysOf(evidence: Evidence, { conversationId, seq }: SeenMessage): readonly At<Replayed>[] {
  return evidence
    .of('replayed')
    .filter(
      (one) => one.conversationId === conversationId && one.fromSeq <= seq && one.outcome !== 'refused',
    );
}

/** IM-EVENT-1: what was stored comes out at least once, as it was, and nothing else. */
export function findWrongEvents(evidence: Evidence): Violation[] {
  const expected = eventsOf(evidence);
  return evidence.of('told').flatMap(({ at, events }) => {
    const messages = events.filter(({ conversationId, type }) => {
      return conversationId !== undefined && type !== 'admin.called';
    });
    const came = new Set(messages.map(({ id }) => id));
    const missing = [...expected.keys()]
      .filter((id) => !came.has(id))
      .map((id) => violation('untold', `no event ${id} came`, [at]));
    const again = replayedImports(evidence);
    const extra = [...came]
      .filter((id) => !expected.has(id) && !again.has(id))
      .map((id) => violation('phantom', `the event ${id} tells of nothing in history`, [at]));
    const wrong = messages
      .filter((event) => !tellsRightly(evidence, event, expected.get(event.id)))
      .map(({ id }) => violation('altered', `the event ${id} tells it otherwise than it was`, [at]));
    return [...missing, ...extra, ...wrong, ...judgeUsers(evidence, events, at)];
  });
}

/** That a message was imported is told only by a replay (IM-IMPORT-6). */
function replayedImports(evidence: Evidence): ReadonlySet<string> {
  const messages = evidence.conversationIds.flatMap((id) => evidence.finalOf(id));
  return new Set(
    messages
      .filter((message) => isImported(evidence, message) && replaysOf(evidence, message).length > 0)
      .map(({ messageId }) => `${messageId}-0`),
  );
}

/** Whether everything has come that must. */
export function isAllTold(evidence: Evidence, events: readonly ToldEvent[]): boolean {
  const came = new Set(events.map(({ id }) => id));
  return (
    [...eventsOf(evidence).keys()].every((id) => came.has(id)) &&
    judgeUsers(evidence, events, 0).length === 0 &&
    findUntoldDeletions(evidence, events).length === 0
  );
}

function tellsRightly(
  evidence: Evidence,
  { seq, rev, data }: ToldEvent,
  stored: SeenMessage | undefined,
): boolean {
  if (stored === undefined) return true;
  if (seq !== stored.seq) return false;
  const { message } = data;
  if (message === undefined) return alsoOf(stored) !== undefined;
  if (message.messageId !== stored.messageId || message.from !== stored.from) return false;
  const { rev: toldRev = 0 } = message;
  // Only a replay tells of a creation with the message as it became.
  const isAgain = rev === 0 && toldRev > 0;
  if (isAgain ? replaysOf(evidence, stored).length === 0 : toldRev !== rev) return false;
  if (toldRev === (stored.rev ?? 0)) return isDeepStrictEqual(message.content, stored.content);
  if (toldRev !== 0) return true;
  return (
    isSystem(message) || evidence.sendsOf(stored).some(({ content }) => isStoredAs(content, message.content))
  );
}

/** Each ban and each erasure that was done comes out. */
function judgeUsers(evidence: Evidence, events: readonly ToldEvent[], at: number): Violation[] {
  const told = (type: string, user: string) =>
    new Set(events.filter((event) => event.type === type && event.data.userId === user).map(({ id }) => id))
      .size;
  const bans = evidence.of('ban').filter(({ change, outcome }) => change === 'ban' && outcome === 'done');
  const untoldBans = [...Map.groupBy(bans, ({ user }) => user)]
    .filter(([user, own]) => told('user.banned', user) < own.length)
    .map(([user, own]) =>
      violation('untold', `${own.length} bans of ${user} were done, ${told('user.banned', user)} came out`, [
        at,
      ]),
    );
  const untoldErasures = evidence
    .of('erased')
    .filter(({ user }) => told('user.erased', user) === 0)
    .map(({ user }) => violation('untold', `no event tells that ${user} was erased`, [at]));
  return [...untoldBans, ...untoldErasures];
}

function violation(kind: Violation['kind'], text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-EVENT', kind, text, events };
}
