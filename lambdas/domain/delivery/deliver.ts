import type { ServerFrame } from '../../../protocol/actions.ts';
import type { MessagesPush } from '../../../protocol/frames.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Budget } from '../model/budget.ts';
import type { FanOutJob, FanOutQueue } from '../model/fan-out-job.ts';
import type { GroupReader } from '../model/group.ts';
import { type StoredMessage, toMessage } from '../model/message.ts';
import type { OfflineQueue } from '../model/offline-job.ts';
import { unforeseenPushesPrice } from '../model/prices.ts';
import { type Reference, referenceTo } from '../model/reference.ts';
import { isTrusted, type Session, takesPushes } from '../model/session.ts';
import { findSessions } from './find-sessions.ts';
import { followUpJobs } from './follow-up-jobs.ts';
import { type Pushed, type PushOutcome, type PushPorts, push, pushToAll, tookAny } from './push.ts';
import { findSmallGroup, type GroupAudience } from './small-group.ts';

/*
 * Messages of senders and hints start here: this file finds their sessions, and queues what the pushes leave. push.ts does
 * every push, and removes stale routes. There are two kinds of push:
 *
 *   a message (`deliver`, `deliverToGroup`)  must arrive: if no session of a recipient takes it, it goes to the offline queue
 *   a hint (`hint`, `hintToGroup`)           may be lost: a failed push is not retried
 *
 * The sender's own function serves groups of up to 25 members and 25 sessions; the fan-out workers serve larger ones.
 */

export interface DeliveryPorts extends PushPorts {
  readonly offlineQueue: OfflineQueue;
}

export interface HintPorts extends PushPorts {
  readonly groups: GroupReader;
  readonly fanOutQueue: FanOutQueue;
  readonly budget: Budget;
}

export interface GroupDeliveryPorts extends DeliveryPorts, HintPorts {}

export interface Audience {
  /** The message is pushed to the sessions of these users. At most 100. */
  readonly users: readonly string[];
  /** The users who must get the message: through the offline queue if no session takes it. */
  readonly recipients: readonly string[];
  /** The session that gets a reply instead of a push. */
  readonly exceptConnectionId?: string | undefined;
  /** Sessions read before the commit: pushed to without waiting for another read. */
  readonly prefetched?: readonly Session[] | undefined;
}

/**
 * Delivers a stored message to these users. The offline queue stores it for a recipient if no session takes it, or one that
 * polls, or was silent for too long, still has to read it. If the outcome of one push is unknown, the queue retries that session
 * only. Resolves when the sessions or the queue have the message. Idempotent for the reader: the same message, the same seq
 * (IM-PUSH-1).
 *
 * Only the sessions read here, after the commit, decide. Those read before it (`prefetched`) only get the message sooner. A
 * session that took the message and has closed since counts as absent.
 * @throws {UnavailableError} the routes can't be read, or the queue does not accept the message
 */
export async function deliver(
  ports: DeliveryPorts,
  message: StoredMessage,
  { users, recipients, exceptConnectionId, prefetched = [] }: Audience,
): Promise<readonly Pushed[]> {
  const text = messagesFrame([message]);
  // An expired session waits for the second read: it may have been renewed since, and a push would remove its route.
  const early = prefetched.filter(
    (session) => session.connectionId !== exceptConnectionId && isHealthy(session, ports.clock()),
  );
  const pushes = new Map(early.map((session) => [session.connectionId, push(ports, session, text)]));
  const pushOnce = (session: Session): Promise<PushOutcome> =>
    pushes.get(session.connectionId) ?? push(ports, session, text);

  async function pushToPresent(): Promise<Pushed[]> {
    // Read after the commit: a user who connects later finds the message in history (IM-PUSH-2).
    const sessions = await findSessions(ports, users, exceptConnectionId);
    return Promise.all(sessions.map(async (session) => ({ session, outcome: await pushOnce(session) })));
  }

  const [pushed] = await settleAll([pushToPresent(), ...pushes.values()]);
  await enqueueFollowUpJobs(ports, referenceTo(message), recipients, pushed);
  return pushed;
}

/**
 * Delivers a stored message to a group: directly if the group is small, otherwise through the fan-out workers. Resolves
 * when the sessions or a queue have the message. Idempotent for the reader.
 * @returns the recipients without a session that took the message; empty if the workers deliver it
 * @throws {UnavailableError} members or routes can't be read, or a queue does not accept the message
 */
export async function deliverToGroup(
  ports: GroupDeliveryPorts,
  message: StoredMessage,
  audience: GroupAudience,
): Promise<readonly string[]> {
  const { also = [] } = audience;
  const text = messagesFrame([message]);
  const reference = referenceTo(message);
  const group = await findSmallGroup(ports, message, audience);
  if (group === undefined) {
    // Former members (`also`) get it in their inbox, whatever the group's size: they can't read its history.
    const former = also.filter((userId) => userId !== message.from);
    const pushed = await pushToAll(ports, await findSessions(ports, also), text);
    await enqueueFollowUpJobs(ports, reference, former, pushed);
    await enqueueFanOut(ports, message.conversationId, { reference }, audience);
    return [];
  }
  const pushed = await pushToAll(ports, group.sessions, text);
  const recipients = [...new Set(group.users)].filter((userId) => userId !== message.from);
  await enqueueFollowUpJobs(ports, reference, recipients, pushed);
  return recipients.filter((userId) => !tookAny(pushed, userId));
}

/** One request reads the routes of this many users. */
const MAX_HINTED_USERS = 100;

/** Pushes a frame to the first 100 of these users. A failed push is not retried. @returns how many sessions it went to */
export async function hint(
  ports: PushPorts,
  frame: ServerFrame,
  { users, exceptConnectionId }: Pick<Audience, 'users' | 'exceptConnectionId'>,
): Promise<number> {
  const hinted = [...new Set(users)].slice(0, MAX_HINTED_USERS);
  const sessions = await findSessions(ports, hinted, exceptConnectionId);
  await pushToAll(ports, sessions, JSON.stringify(frame));
  return sessions.length;
}

/**
 * Pushes a frame to a group, directly or through the fan-out workers. A failed push is not retried.
 * @param joinedBy only to members who joined at or before this seq
 */
export async function hintToGroup(
  ports: HintPorts,
  conversationId: string,
  frame: ServerFrame,
  { joinedBy, ...audience }: GroupAudience & { readonly joinedBy?: number | undefined },
): Promise<void> {
  const text = JSON.stringify(frame);
  const seq = joinedBy ?? Number.MAX_SAFE_INTEGER;
  const group = await findSmallGroup(ports, { conversationId, seq }, audience);
  if (group === undefined) return enqueueFanOut(ports, conversationId, { frame: text, joinedBy }, audience);
  const { sessions, users } = group;
  await settleAll([
    pushToAll(ports, sessions, text),
    ports.budget.charge(
      unforeseenPushesPrice(sessions.length, users.length, audience.memberCount, Buffer.byteLength(text)),
    ),
  ]);
}

/** Enqueues the jobs that remain after the pushes of a message (`followUpJobs`). */
export async function enqueueFollowUpJobs(
  { offlineQueue }: DeliveryPorts,
  reference: Reference,
  recipients: readonly string[],
  pushed: readonly Pushed[],
): Promise<void> {
  const jobs = followUpJobs(reference, recipients, pushed);
  if (jobs.length > 0) await offlineQueue.enqueue(jobs);
}

export function messagesFrame(messages: readonly StoredMessage[]): string {
  const frame: MessagesPush = { type: 'messages', messages: messages.map(toMessage) };
  return JSON.stringify(frame);
}

/** Whether the session is neither expired nor distrusted. A push to any other session would remove its route. */
function isHealthy(session: Session, nowMs: number): boolean {
  return takesPushes(session, nowMs) && isTrusted(session, nowMs);
}

async function enqueueFanOut(
  { fanOutQueue, budget: { payer } }: HintPorts,
  conversationId: string,
  what: FanOutJob['what'],
  { memberCount, exceptConnectionId }: GroupAudience,
): Promise<void> {
  const except = exceptConnectionId === undefined ? {} : { exceptConnectionId };
  const paid = payer === undefined ? {} : { payer };
  await fanOutQueue.enqueue([{ conversationId, memberCount, what, ...except, ...paid }]);
}
