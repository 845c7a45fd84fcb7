import { isDeepStrictEqual } from 'node:util';
import type { SeenMessage } from '../history.ts';
import { isSystem } from './content.ts';
import type { Evidence } from './evidence.ts';
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

/** IM-ERASE: it ends, nothing that the user wrote is left, the user is no member any more, and a customer's chats are closed. */
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
    .filter(({ message }) => message.from === user && hasWords(message))
    .map((read) =>
      notErased(
        `${read.user} read ${read.message.conversationId} ${read.message.seq} of ${user}, who was erased`,
        [at, read.at],
      ),
    );
  const memberships = evidence.conversationIds
    .filter((id) => isGroupOf(evidence, user, id) && !hasLeft(evidence.finalOf(id), user))
    .map((id) => notErased(`${user}, who was erased, is a member of ${id}`, [at, evidence.finalAt(id)]));
  const chats = evidence
    .of('chats')
    .flatMap((told) => told.chats.map((chat) => ({ ...chat, at: told.at })))
    .filter(({ customer, state, topic }) => customer === user && (state !== 'closed' || topic !== undefined))
    .map(({ conversationId, state, at: toldAt }) =>
      notErased(`${conversationId} of ${user}, who was erased, is ${state}, or has its topic`, [at, toldAt]),
    );
  return [...places, ...readable, ...memberships, ...chats];
}

/** Of a system message, the user may have typed the name of a group, or the topic of a support chat. */
function hasWords(message: SeenMessage): boolean {
  if (!isSystem(message)) return !isEmptied(message);
  return (message.content as { readonly name?: string }).name !== undefined;
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
