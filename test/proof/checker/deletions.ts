import type { History, HistoryEvent } from '../history.ts';
import type { ToldEvent } from '../platform-history.ts';
import { isSystem } from './content.ts';
import type { Evidence, Send } from './evidence.ts';
import { steadyConnections } from './steady-connections.ts';
import type { Violation } from './violation.ts';

/** The steps of a deletion: what is named here is still to be done. */
const STEPS = ['begin', 'close', 'members', 'settle', 'members again', 'history', 'rows', 'done'];
const WITHOUT_WRITERS = STEPS.indexOf('members');
const WITHOUT_MEMBERS = STEPS.indexOf('settle');
const SESSION_CODES = new Set(['session_expired', 'unauthorized']);

/** The groups whose deletion the operator has asked for: at the end all of them are gone. */
export function deletedIn(events: readonly HistoryEvent[]): ReadonlySet<string> {
  return new Set(
    events.flatMap((event) =>
      event.type === 'delete' && event.outcome !== 'refused' ? [event.conversationId] : [],
    ),
  );
}

/** The same history, at the same log indexes, without what was said and seen in groups that are gone: nothing of it needs to be there. */
export function withoutDeleted(history: History): History {
  const ids = deletedIn(history.events);
  if (ids.size === 0) return history;
  const tries = new Set(
    history.events.flatMap((event) =>
      event.type === 'try' && ids.has(event.conversationId) ? [event.id] : [],
    ),
  );
  return {
    ...history,
    conversations: history.conversations.filter(({ conversationId }) => !ids.has(conversationId)),
    events: history.events.map((event) => without(event, ids, tries)),
  };
}

const GONE = { type: 'note', text: 'of a group that is deleted' } as const;

function without(event: HistoryEvent, ids: ReadonlySet<string>, tries: ReadonlySet<number>): HistoryEvent {
  const stays = ({ conversationId = '' }: { readonly conversationId?: string }) => !ids.has(conversationId);
  if (event.type === 'settled') return tries.has(event.id) ? GONE : event;
  if (event.type === 'notified') return stays(event.payload) ? event : GONE;
  if (event.type === 'saw' && event.page !== undefined) return stays(event.page) ? event : GONE;
  if ('conversationId' in event) return stays(event) ? event : GONE;
  if (event.type === 'synced') return { ...event, view: event.view.filter(stays) };
  if (event.type === 'listed') return { ...event, conversations: event.conversations.filter(stays) };
  if (event.type === 'told') return { ...event, events: event.events.filter(stays) };
  return 'messages' in event ? { ...event, messages: event.messages.filter(stays) } : event;
}

/**
 * IM-ADMIN-4: once a group that is deleted is closed, nobody writes to it or joins it; once its members are removed, nobody reads it or lists it;
 * at the end nothing of it is left, and its events have come.
 */
export function findWrongDeletions(evidence: Evidence): Violation[] {
  return [...deletedIn(evidence.events)].flatMap((conversationId) => [
    ...findWritten(evidence, conversationId),
    ...findRead(evidence, conversationId),
    ...findWrongCodes(evidence, conversationId),
    ...findUntoldMembers(evidence, conversationId),
    ...findLeft(evidence, conversationId),
    ...evidence
      .of('told')
      .flatMap(({ at, events }) =>
        untoldOf(evidence, conversationId, events).map((id) =>
          wrong(`no event ${id} came of ${conversationId}, which was deleted`, [at]),
        ),
      ),
  ]);
}

/** The ids of the events that must still come of deleted groups. */
export function findUntoldDeletions(evidence: Evidence, events: readonly ToldEvent[]): readonly string[] {
  return [...deletedIn(evidence.events)].flatMap((id) => untoldOf(evidence, id, events));
}

function untoldOf(evidence: Evidence, conversationId: string, events: readonly ToldEvent[]): string[] {
  const came = new Set(events.map(({ id }) => id));
  const isTold = events.some((one) => one.type === 'group.deleted' && one.conversationId === conversationId);
  const acked = sendsTo(evidence, conversationId).flatMap(({ acks }) =>
    acks.map(({ outcome }) => `${outcome.messageId}-0`),
  );
  return [...acked.filter((id) => !came.has(id)), ...(isTold ? [] : ['group.deleted'])];
}

/** The first event after which this much of the deletion was done. */
function doneAt(evidence: Evidence, conversationId: string, step: number): number {
  const seen = evidence
    .of('deleting')
    .filter((one) => one.conversationId === conversationId && STEPS.indexOf(one.step) >= step);
  const ends = evidence.of('deleted').filter((one) => one.conversationId === conversationId);
  return Math.min(...[...seen, ...ends].map(({ at }) => at));
}

function sendsTo(evidence: Evidence, conversationId: string): readonly Send[] {
  return evidence.sends.filter((send) => send.conversationId === conversationId);
}

/** What was stored before is acked again, as long as it is there. */
function findWritten(evidence: Evidence, conversationId: string): Violation[] {
  const closedAt = doneAt(evidence, conversationId, WITHOUT_WRITERS);
  const emptyAt = doneAt(evidence, conversationId, WITHOUT_MEMBERS);
  const sent = sendsTo(evidence, conversationId).flatMap(({ user, clientMsgId, tries, refused, acks }) => {
    const begun = Math.min(...tries.filter(({ id }) => !refused.has(id)).map(({ at }) => at));
    return begun > closedAt
      ? acks.map(({ at }) =>
          wrong(`${user} sent ${clientMsgId} to ${conversationId}, which was closed`, [at]),
        )
      : [];
  });
  const isHere = (one: { readonly conversationId: string; readonly outcome: string }) =>
    one.conversationId === conversationId && one.outcome === 'done';
  const joined = evidence
    .of('membership')
    .filter((one) => isHere(one) && one.change === 'add' && one.begun > closedAt);
  const changed = [...evidence.of('edit'), ...evidence.of('react'), ...evidence.of('pin'), ...evidence.of('recall')]
    .filter((one) => isHere(one) && one.begun > emptyAt); // biome-ignore format: a list
  return [
    ...sent,
    ...[...joined, ...changed].map(({ at, type, user }) =>
      wrong(`${user}: ${type} in ${conversationId}, which was closed`, [at]),
    ),
  ];
}

function findRead(evidence: Evidence, conversationId: string): Violation[] {
  const emptyAt = doneAt(evidence, conversationId, WITHOUT_MEMBERS);
  const pages = evidence
    .of('saw')
    .filter(({ page }) => page?.conversationId === conversationId && page.begun > emptyAt);
  const lists = evidence.of('listed').filter(({ begun, conversations }) => {
    return begun > emptyAt && conversations.some((row) => row.conversationId === conversationId);
  });
  const files = evidence
    .of('files')
    .filter((one) => one.conversationId === conversationId && one.outcome === 'done' && one.begun > emptyAt);
  const links = evidence
    .of('reopened')
    .filter((one) => one.conversationId === conversationId && one.isOpen)
    .filter(({ begun }) => begun > doneAt(evidence, conversationId, STEPS.length));
  return [
    ...[...pages, ...lists, ...files].map(({ at, user, type }) =>
      wrong(`${user} read ${conversationId} (${type}), whose members were removed`, [at]),
    ),
    ...links.map(({ at }) => wrong(`a link to a file of ${conversationId}, which is deleted, works`, [at])),
  ];
}

/**
 * Without members, as if there were no such group. What was stored before with other content is a conflict, as long as it is there (IM-SEND-2).
 */
function findWrongCodes(evidence: Evidence, conversationId: string): Violation[] {
  const emptyAt = doneAt(evidence, conversationId, WITHOUT_MEMBERS);
  const barred = new Set([...evidence.of('ban'), ...evidence.of('erase')].map(({ user }) => user));
  const late = new Set(
    sendsTo(evidence, conversationId)
      .filter(({ user: from, clientMsgId }) => {
        return !barred.has(from) && evidence.sendsOf({ from, conversationId, clientMsgId }).length === 1;
      })
      .flatMap(({ tries }) => tries.filter(({ at }) => at > emptyAt).map(({ id }) => id)),
  );
  return evidence.of('settled').flatMap(({ at, id, outcome }) => {
    if (!late.has(id) || outcome.is !== 'refused') return [];
    if (outcome.code === 'not_found' || SESSION_CODES.has(outcome.code)) return [];
    return [wrong(`a send to ${conversationId}, which has no members, was refused as ${outcome.code}`, [at])];
  });
}

/** A connection that was open all the time gets the message that removes its user. */
function findUntoldMembers(evidence: Evidence, conversationId: string): Violation[] {
  const begun = Math.min(
    ...evidence.of('delete').filter((one) => one.conversationId === conversationId).map((one) => one.begun),
  ); // biome-ignore format: short
  const told = evidence
    .of('saw')
    .filter(
      ({ at, user, messages }) =>
        at < evidence.healedAt &&
        messages.some(
          (message) =>
            message.conversationId === conversationId &&
            isSystem(message) &&
            isRemoval(message.content, user),
        ),
    );
  const has = new Set(told.map(({ connection }) => connection));
  return steadyConnections(evidence)
    .filter(
      ({ at, user, connection }) =>
        at < begun && evidence.isMember(user, conversationId) && !has.has(connection),
    )
    .map(({ at, user, device, connection }) =>
      wrong(
        `${user}/${device} was always connected as ${connection} and never got its removal from ${conversationId}`,
        [at],
      ),
    );
}

function isRemoval(content: unknown, user: string): boolean {
  const { event, users = [] } = content as { readonly event?: string; readonly users?: readonly string[] };
  return event === 'removed' && users.includes(user);
}

function findLeft(evidence: Evidence, conversationId: string): Violation[] {
  const archived = evidence
    .of('archived')
    .flatMap(({ at, messages }) =>
      messages
        .filter((message) => message.conversationId === conversationId)
        .map(({ seq }) => wrong(`the archive has ${conversationId} ${seq}, which was deleted`, [at])),
    );
  const left = evidence
    .of('deleted')
    .filter((one) => one.conversationId === conversationId)
    .flatMap(({ at, left: places }) =>
      places.map((place) => wrong(`${place} is left of ${conversationId}, which was deleted`, [at])),
    );
  const goneAt = doneAt(evidence, conversationId, STEPS.length);
  const told = evidence
    .of('replayed')
    .filter((one) => one.conversationId === conversationId && one.begun > goneAt)
    .filter(({ outcome, events = [] }) => outcome === 'done' || events.length > 0)
    .map(({ at }) => wrong(`a replay tells of ${conversationId}, which was deleted`, [at]));
  return [...archived, ...left, ...told];
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-ADMIN-4', kind: 'wrongly-deleted', text, events };
}
