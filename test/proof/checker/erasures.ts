import { isDeepStrictEqual } from 'node:util';
import type { HistoryEvent, SeenMessage } from '../history.ts';
import { isSystem } from './content.ts';
import type { At, Evidence } from './evidence.ts';
import { readsBegunAfter } from './reads.ts';
import type { Violation } from './violation.ts';

/** What an erased message still has. */
const KEPT = new Set([
  'conversationId',
  'seq',
  'messageId',
  'clientMsgId',
  'from',
  'content',
  'sentAt',
  'rev',
]);

/** Whether an erasure of this user began before this event. */
export function isBeingErased(evidence: Evidence, user: string, at: number): boolean {
  return evidence.of('erase').some((one) => one.user === user && one.begun < at);
}

/** IM-ERASE: it ends, nothing that the user wrote is left, and the user is no member any more. */
export function findErasureViolations(evidence: Evidence): Violation[] {
  const ends = new Map(evidence.of('erased').map((one) => [one.user, one]));
  const endless = evidence.of('endless').map(({ at, user, kind, step }): Violation => {
    const text = `The task ${kind} of ${user} does not end, and is at the step ${step}`;
    return { invariant: 'IM-ERASE', kind: 'endless', text, events: [at] };
  });
  return [...endless, ...[...ends.values()].flatMap((end) => judgeEnd(evidence, end))];
}

function judgeEnd(
  evidence: Evidence,
  { at, user, left }: { readonly at: number; readonly user: string; readonly left: readonly string[] },
): Violation[] {
  const places = left.map((place) =>
    notErased(`${place} has something that ${user} wrote, who was erased`, [at]),
  );
  const readable = readsBegunAfter(evidence, at)
    .filter(({ message }) => message.from === user && !isSystem(message) && !isEmptied(message))
    .map((read) =>
      notErased(
        `${read.user} read ${read.message.conversationId} ${read.message.seq} of ${user}, who was erased`,
        [at, read.at],
      ),
    );
  const memberships = evidence.conversationIds
    .filter((id) => isGroupOf(evidence, user, id) && !hasLeft(evidence.finalOf(id), user))
    .map((id) => notErased(`${user}, who was erased, is a member of ${id}`, [at, evidence.finalAt(id)]));
  return [...places, ...readable, ...memberships];
}

function isEmptied(message: SeenMessage): boolean {
  return (
    isDeepStrictEqual(message.content, { type: 'erased' }) &&
    Object.keys(message).every((key) => KEPT.has(key))
  );
}

/** In a group whose members change, a user may be added again. An import does not add users who were erased before it (IM-IMPORT-7). */
function isGroupOf(evidence: Evidence, user: string, id: string): boolean {
  return (
    id.startsWith('g:') && !evidence.isChanging(id) && evidence.isMember(user, id) && !evidence.isImported(id)
  );
}

function hasLeft(messages: readonly SeenMessage[], user: string): boolean {
  return messages.some(({ content }) => {
    const {
      type,
      event,
      users = [],
    } = content as { type?: string; event?: string; users?: readonly string[] };
    return type === 'system' && event === 'removed' && users.includes(user);
  });
}

function notErased(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-ERASE', kind: 'not-erased', text, events };
}

/** From an event after which the user was surely banned until one that may have ended that. */
interface Banishment {
  readonly user: string;
  readonly since: number;
  readonly until: number;
}

/** IM-BAN-1: a banned user is served nothing: neither an ack nor a page. So is one who was erased. */
export function findServedBanned(evidence: Evidence): Violation[] {
  const bans = banishmentsOf(evidence);
  const tries = new Map(evidence.of('try').map((one) => [one.id, one]));
  const served = evidence.events.flatMap(
    (event): { user: string; begun: number; event: At<HistoryEvent> }[] => {
      if (event.type === 'settled' && event.outcome.is === 'acked') {
        const one = tries.get(event.id);
        return one === undefined || one.via === 'import' ? [] : [{ user: one.user, begun: one.at, event }];
      }
      if (event.type === 'listed') return [{ user: event.user, begun: event.begun, event }];
      if (event.type === 'saw' && event.page !== undefined)
        return [{ user: event.user, begun: event.page.begun, event }];
      return [];
    },
  );
  return served.flatMap(({ user, begun, event }) =>
    bans
      .filter((ban) => ban.user === user && begun > ban.since && event.at < ban.until)
      .map(({ since }): Violation => {
        const text = `${user} was banned and was served (${event.type})`;
        return { invariant: 'IM-BAN', kind: 'banned-but-served', text, events: [since, begun, event.at] };
      }),
  );
}

export function banishmentsOf(evidence: Evidence): Banishment[] {
  const changes = evidence.of('ban');
  const bans = changes.filter(({ change, outcome }) => change === 'ban' && outcome === 'done');
  const temporary = bans.flatMap(({ user, begun, at }): Banishment[] => {
    const lifts = changes.filter(
      (one) => one.user === user && one.change === 'lift' && one.outcome !== 'refused',
    );
    const ends = lifts.filter((one) => one.outcome === 'unknown' || one.at > begun);
    const until = Math.min(...ends.map((one) => one.begun), Number.POSITIVE_INFINITY);
    return until < at ? [] : [{ user, since: at, until }];
  });
  const forever = evidence
    .of('erased')
    .map(({ user, at }): Banishment => ({ user, since: at, until: Number.POSITIVE_INFINITY }));
  return [...temporary, ...forever];
}

/** IM-ERASE-3: an export has each message that its user had sent, as it was, and nobody else's. */
export function findWrongExports(evidence: Evidence): Violation[] {
  return evidence.of('exported').flatMap(({ at, user, begun, of, messages, lines }) => {
    const has = new Set(messages.map(({ messageId }) => messageId));
    const foreign = messages.filter(({ from }) => from !== user);
    const missing = evidence.sends
      .filter((send) => send.user === user)
      .flatMap(({ acks }) => acks.filter((ack) => ack.at < begun && !has.has(ack.outcome.messageId)));
    return [
      ...(of === user && lines['account'] === 1 ? [] : [wrong(`The export of ${user} is of ${of}`, [at])]),
      ...foreign.map(({ from, seq, conversationId }) =>
        wrong(`The export of ${user} has ${conversationId} ${seq} of ${from}`, [at]),
      ),
      ...missing.map((ack) => wrong(`The export of ${user} lacks ${ack.outcome.messageId}`, [ack.at, at])),
    ];
  });
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-ERASE', kind: 'wrong-export', text, events };
}
