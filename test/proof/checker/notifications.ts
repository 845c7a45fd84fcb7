import type { SeenMessage } from '../history.ts';
import { hookTurns } from '../model/hook-texts.ts';
import type { Notified } from '../platform-history.ts';
import { silencesOf } from './blocks.ts';
import { isSystem } from './content.ts';
import type { At, Evidence } from './evidence.ts';
import { mutesOf } from './settings.ts';
import type { Violation } from './violation.ts';

/** What was read or recalled so soon is not told: a notification waits for 3 s, and looks at what may be a second old. */
const SURELY_WAITS_MS = 2_000;

/**
 * IM-NOTIFY: a user is told only of what others have said where the user is, in the words of that message, and not of what was read or
 * recalled before, of whom they had blocked, or
 * where they had muted. It may come twice, or not at all; but if all works, who is away is told.
 */
export function findWrongNotifications(evidence: Evidence): Violation[] {
  const notified = evidence.of('notified');
  const untold = evidence
    .of('due')
    .filter(
      ({ user, messageId }) =>
        !notified.some((one) => one.user === user && one.payload.messageId === messageId),
    )
    .map(({ at, user, messageId }) => wrong(`${user} was away and was not told of ${messageId}`, [at]));
  return [...notified.flatMap((one) => judge(evidence, one)), ...untold];
}

function judge(evidence: Evidence, one: At<Notified>): Violation[] {
  const { at, user, payload } = one;
  const { conversationId, seq, messageId } = payload;
  const where = `${user} was told of ${conversationId} ${seq}`;
  const message = evidence.finalOf(conversationId).find((other) => other.messageId === messageId);
  if (message === undefined || message.seq !== seq)
    return [wrong(`${where}, which is not in history as ${messageId}`, [at])];
  return [
    ...(message.from === user || isSystem(message) ? [wrong(`${where}, which nobody else said`, [at])] : []),
    ...(evidence.maySee(user, message) ? [] : [wrong(`${where} and may not see it`, [at])]),
    ...(isSaid(evidence, message, payload.body)
      ? []
      : [wrong(`${where} in other words: ${payload.body}`, [at])]),
    ...tooLate(evidence, one, message).map((event) =>
      wrong(`${where}, which had been read or recalled`, [event, at]),
    ),
    ...unwishedSince(evidence, one, message).map((event) =>
      wrong(`${where} of ${message.from}, whom they had blocked, or where they had muted`, [event, at]),
    ),
  ];
}

/** Whether the message ever said so, as far as is known. */
function isSaid(evidence: Evidence, message: SeenMessage, body: string | undefined): boolean {
  const tries = [...evidence.sendsOf(message), ...evidence.editsOf(message)];
  const texts = [message, ...tries].map(
    ({ content }) => (hookTurns(content) as { readonly text?: string }).text,
  );
  // Only the app knows what other content says.
  if (tries.length === 0 || texts.slice(1).includes(undefined)) return true;
  return texts.some((text) => text !== undefined && isIn(text, body));
}

/** In a group the sender's name comes before. */
function isIn(words: string, body = ''): boolean {
  return body === words || body.endsWith(`: ${words}`);
}

/** The reads and recalls by which it was surely too late to tell of it. */
function tooLate(
  evidence: Evidence,
  { user, payload }: At<Notified>,
  message: SeenMessage,
): readonly number[] {
  const reads = evidence
    .of('read')
    .filter((read) => read.done && read.user === user && read.conversationId === payload.conversationId)
    .filter(({ seq }) => seq >= payload.seq);
  const recalls = evidence.recallsOf(message).filter(({ outcome }) => outcome === 'done');
  return [...reads, ...recalls].map(({ at }) => at).filter((at) => isSoon(evidence, at, message));
}

/** The blocks, in a group, too, and mutes that were surely in effect when it was still time. */
function unwishedSince(
  evidence: Evidence,
  { at, user }: At<Notified>,
  message: SeenMessage,
): readonly number[] {
  const blocks = silencesOf(evidence).filter((one) => one.user === user && one.peer === message.from);
  const mutes = mutesOf(evidence).filter(
    (one) => one.user === user && one.conversationId === message.conversationId,
  );
  return [...blocks, ...mutes]
    .filter(({ until }) => at < until)
    .map(({ since }) => since)
    .filter((since) => since < at && isSoon(evidence, since, message));
}

/** Whether this came surely before a notification of the message. */
function isSoon(evidence: Evidence, at: number, message: SeenMessage): boolean {
  const begun = Math.min(...evidence.sendsOf(message).flatMap(({ tries }) => tries.map(({ at }) => at)));
  return at < evidence.restingAt && evidence.timeOf(at) < evidence.timeOf(begun) + SURELY_WAITS_MS;
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-NOTIFY', kind: 'wrongly-notified', text, events };
}
