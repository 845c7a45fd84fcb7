import type { ServerFrame } from '../../../protocol/actions.ts';
import type { MessagesPush } from '../../../protocol/frames.ts';
import { settleAll } from '../../shared/settle.ts';
import type { FanOutJob, FanOutQueue } from '../model/fan-out-job.ts';
import type { GroupReader } from '../model/group.ts';
import { type StoredMessage, toMessage } from '../model/message.ts';
import type { OfflineQueue } from '../model/offline-job.ts';
import { type Reference, referenceTo } from '../model/reference.ts';
import { isTrusted, type Session, takesPushes } from '../model/session.ts';
import { findSessions } from './find-sessions.ts';
import { followUpJobs } from './follow-up-jobs.ts';
import { type Pushed, type PushOutcome, type PushPorts, push, pushToAll, tookAny } from './push.ts';
import { findSmallGroup, type GroupAudience } from './small-group.ts';

/*
 * All that goes out goes through here. It always finds sessions, pushes to them, and heals their routes; there are two
 * promises:
 *
 *   a message (`deliver`, `deliverToGroup`)  must arrive: what no session of a recipient took goes to the offline queue
 *   a hint (`hint`, `hintToGroup`)           may arrive: a push that fails is not tried again
 *
 * The sender's own function serves a group of up to 25 members and 25 sessions; the fan-out workers serve larger ones.
 */

export interface DeliveryPorts extends PushPorts {
  readonly offlineQueue: OfflineQueue;
}

export interface HintPorts extends PushPorts {
  readonly groups: GroupReader;
  readonly fanOutQueue: FanOutQueue;
}

export interface GroupDeliveryPorts extends DeliveryPorts, HintPorts {}

export interface Audience {
  /** Whose sessions the message is pushed to, at most 100. */
  readonly users: readonly string[];
  /** Those of them who must get it: by the offline queue, if no session takes it. */
  readonly recipients: readonly string[];
  /** The session that gets an answer instead. */
  readonly exceptConnectionId?: string | undefined;
  /** Sessions as they were before the commit: pushed to without waiting for another read. */
  readonly prefetched?: readonly Session[] | undefined;
}

/**
 * Delivers a stored message to these users. A recipient of whom no session took it gets it by the offline queue; a single
 * session whose push is open gets it by the queue alone. Resolves when each has it or the queue does. Idempotent for the
 * reader: the same message has the same seq (IM-PUSH-1).
 *
 * Only the sessions that are read here, after the commit, decide: what was prefetched saves these a wait, and no more. A
 * session that took the message and has closed since counts as absent.
 * @throws {UnavailableError} the routes can't be read, or the queue doesn't take what must not be lost
 */
export async function deliver(
  ports: DeliveryPorts,
  message: StoredMessage,
  { users, recipients, exceptConnectionId, prefetched = [] }: Audience,
): Promise<readonly Pushed[]> {
  const text = messagesFrame([message]);
  // A session that is over is left to the second read, which heals: it may have been renewed since.
  const early = prefetched.filter(
    (session) => session.connectionId !== exceptConnectionId && isInOrder(session, ports.clock()),
  );
  const pushes = new Map(early.map((session) => [session.connectionId, push(ports, session, text)]));
  const pushOnce = (session: Session): Promise<PushOutcome> =>
    pushes.get(session.connectionId) ?? push(ports, session, text);

  async function pushToPresent(): Promise<Pushed[]> {
    // Read after the commit: who connects later finds the message in history (IM-PUSH-2).
    const sessions = await findSessions(ports, users, exceptConnectionId);
    return Promise.all(sessions.map(async (session) => ({ session, outcome: await pushOnce(session) })));
  }

  const [pushed] = await settleAll([pushToPresent(), ...pushes.values()]);
  await queueTheRest(ports, referenceTo(message), recipients, pushed);
  return pushed;
}

/**
 * Delivers a stored message to a group, itself or by the fan-out workers. Resolves when each member has it or a queue does.
 * Idempotent for the reader.
 * @returns the recipients of whom no session took it; none, where the workers will know
 * @throws {UnavailableError} members or routes can't be read, or a queue doesn't take what must not be lost
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
    await pushToAll(ports, await findSessions(ports, also), text);
    await enqueueFanOut(ports, message.conversationId, { reference }, audience);
    return [];
  }
  const pushed = await pushToAll(ports, group.sessions, text);
  const recipients = group.users.filter((userId) => userId !== message.from && !also.includes(userId));
  await queueTheRest(ports, reference, recipients, pushed);
  return recipients.filter((userId) => !tookAny(pushed, userId));
}

/** Users that one hint reaches: they are read in one request. */
const MAX_HINTED_USERS = 100;

/** Pushes a frame to these users, the first 100 of them. A push that fails is not tried again. */
export async function hint(
  ports: PushPorts,
  frame: ServerFrame,
  { users, exceptConnectionId }: Pick<Audience, 'users' | 'exceptConnectionId'>,
): Promise<void> {
  const hinted = [...new Set(users)].slice(0, MAX_HINTED_USERS);
  await pushToAll(ports, await findSessions(ports, hinted, exceptConnectionId), JSON.stringify(frame));
}

/** Pushes a frame to a group, itself or by the fan-out workers. A push that fails is not tried again. */
export async function hintToGroup(
  ports: HintPorts,
  conversationId: string,
  frame: ServerFrame,
  audience: GroupAudience,
): Promise<void> {
  const text = JSON.stringify(frame);
  const group = await findSmallGroup(ports, { conversationId, seq: Number.MAX_SAFE_INTEGER }, audience);
  if (group === undefined) return enqueueFanOut(ports, conversationId, { frame: text }, audience);
  await pushToAll(ports, group.sessions, text);
}

/** Enqueues what the pushes left to do for the recipients of a message. */
export async function queueTheRest(
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

/** Nothing about it is to be healed. */
function isInOrder(session: Session, nowMs: number): boolean {
  return takesPushes(session, nowMs) && isTrusted(session, nowMs);
}

async function enqueueFanOut(
  { fanOutQueue }: HintPorts,
  conversationId: string,
  what: FanOutJob['what'],
  { memberCount, exceptConnectionId }: GroupAudience,
): Promise<void> {
  const except = exceptConnectionId === undefined ? {} : { exceptConnectionId };
  await fanOutQueue.enqueue([{ conversationId, memberCount, what, ...except }]);
}
