import { UnavailableError } from '../../shared/errors.ts';
import type { Inbox, InboxWriter } from '../model/inbox.ts';
import type { MessageReader, StoredMessage } from '../model/message.ts';
import type { OfflineJob } from '../model/offline-job.ts';
import type { Session } from '../model/session.ts';
import { type DeliveryPorts, messagesFrame } from './deliver.ts';
import { keepJob, postJobs, RETRY_DELAY_SECONDS } from './follow-up-jobs.ts';
import { fillPage, firstEntries, pageBytesFor } from './inbox.ts';
import { isOpen, needsInbox, type Pushed, pushToAll, tookAny } from './push.ts';

/** After so many attempts the connection is deleted, which makes its client reconnect and say `hello`. */
const MAX_ROUNDS = 5;
/** A drain goes on in another invocation after so many pages. */
const DRAIN_PAGES = 10;

export interface OfflineJobPorts extends DeliveryPorts {
  readonly inbox: Inbox;
  readonly inboxWriter: InboxWriter;
  readonly messages: MessageReader;
}

/** One record of the queue. */
export interface OfflineRecord {
  readonly recordId: string;
  readonly body: OfflineJob;
}

/** What the jobs of one batch need, read once, after the inbox was written. */
interface Readings {
  readonly sessions: ReadonlyMap<string, readonly Session[]>;
  readonly messages: ReadonlyMap<string, StoredMessage>;
}

/** A job that must come again, and why. */
export interface FailedJob {
  readonly recordId: string;
  readonly reason: unknown;
}

/**
 * Does the jobs of one batch and returns those that must come again. Every job may come any number of times, in any
 * order (IM-FAULT-4).
 *
 * The order closes the race with a connecting receiver (IM-FAULT-8): first the inbox is written, *then* the routes are
 * read. Who connected before that read is seen by it and is posted to; who connects later reads the inbox in `hello`.
 */
export async function processOfflineJobs(
  ports: OfflineJobPorts,
  records: readonly OfflineRecord[],
): Promise<FailedJob[]> {
  const unstored = await storeInInbox(ports, records);
  const stored = records.filter((record) => !unstored.some(({ recordId }) => recordId === record.recordId));
  const readings = await readForJobs(ports, stored);
  const results = await Promise.allSettled(stored.map(({ body }) => doJob(ports, readings, body)));
  const failed = stored.flatMap(({ recordId }, index) => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ recordId, reason: result.reason }] : [];
  });
  return [...unstored, ...failed];
}

async function storeInInbox(
  { inboxWriter }: OfflineJobPorts,
  records: readonly OfflineRecord[],
): Promise<FailedJob[]> {
  const fresh = records.flatMap(({ recordId, body: job }) =>
    (job.kind === 'store' && job.round === 0) || job.kind === 'keep'
      ? [{ recordId, userId: job.userId, reference: job.reference }]
      : [],
  );
  const left = await inboxWriter.put(fresh);
  const isLeft = (userId: string, messageId: string) =>
    left.some((entry) => entry.userId === userId && entry.reference.messageId === messageId);
  return fresh
    .filter(({ userId, reference }) => isLeft(userId, reference.messageId))
    .map(({ recordId }) => ({ recordId, reason: new UnavailableError() }));
}

async function readForJobs(
  { routes, messages }: OfflineJobPorts,
  records: readonly OfflineRecord[],
): Promise<Readings> {
  const jobs = records.map(({ body }) => body).filter(({ kind }) => kind !== 'keep');
  const sessions = await routes.sessionsOf([...new Set(jobs.map(({ userId }) => userId))]);
  const wanted = jobs.flatMap((job) =>
    'reference' in job && (sessions.get(job.userId)?.length ?? 0) > 0 ? [job.reference] : [],
  );
  const found = wanted.length === 0 ? [] : await messages.getMany(wanted);
  return { sessions, messages: new Map(found.map((message) => [message.messageId, message])) };
}

async function doJob(ports: OfflineJobPorts, readings: Readings, job: OfflineJob): Promise<void> {
  const sessions = readings.sessions.get(job.userId) ?? [];
  if (job.kind === 'keep') return;
  if (job.kind === 'store') {
    if (sessions.length > 0)
      await pushStored(ports, sessions, readings.messages.get(job.reference.messageId), job);
    return;
  }
  // A connection that lost its route has nothing to get: its device reconnects and catches up (IM-HELLO-3).
  const session = sessions.find(({ connectionId }) => connectionId === job.connectionId);
  if (session === undefined) return;
  if (job.kind === 'post')
    await pushToConnection(ports, session, readings.messages.get(job.reference.messageId), job);
  else await drain(ports, session, job);
}

type StoreJob = Extract<OfflineJob, { kind: 'store' }>;
type PostJob = Extract<OfflineJob, { kind: 'post' }>;

async function pushStored(
  ports: OfflineJobPorts,
  sessions: readonly Session[],
  message: StoredMessage | undefined,
  job: StoreJob,
): Promise<void> {
  // No longer kept in history: the entry has outlived its message.
  if (message === undefined) return ports.inbox.remove(job.userId, [job.reference.messageId]);
  const pushed = await pushToAll(ports, sessions, messagesFrame([message]));
  const open = pushed.filter(({ outcome }) => isOpen(outcome));
  if (tookAny(pushed, job.userId)) {
    if (open.length > 0) await ports.offlineQueue.enqueue(postJobs(job.reference, open));
    if (pushed.some(({ outcome }) => needsInbox(outcome))) return;
    return ports.inbox.remove(job.userId, [job.reference.messageId]);
  }
  // A managed session that is being made says `hello` after this, and finds the entry.
  const unsettled = open.filter(({ session, outcome }) => outcome === 'unsure' || session.mode === 'plain');
  if (unsettled.length > 0) await tryAgain(ports, unsettled, job);
}

async function pushToConnection(
  ports: OfflineJobPorts,
  session: Session,
  message: StoredMessage | undefined,
  job: PostJob,
): Promise<void> {
  if (message === undefined) return;
  const pushed = await pushToAll(ports, [session], messagesFrame([message]));
  const open = pushed.filter(({ outcome }) => isOpen(outcome));
  if (open.length > 0) await tryAgain(ports, open, job);
  if (pushed.some(({ outcome }) => needsInbox(outcome)))
    await ports.offlineQueue.enqueue([keepJob(job.reference, job.userId)]);
}

/** Pushes a plain session's inbox, page by page, and removes exactly what it took (IM-CONN-6). */
async function drain(ports: OfflineJobPorts, session: Session, job: OfflineJob): Promise<void> {
  for (let page = 0; page < DRAIN_PAGES; page += 1) {
    const filled = await fillPage(
      ports,
      job.userId,
      await firstEntries(ports, job.userId),
      pageBytesFor(session),
    );
    if (filled.messages.length === 0) return;
    const pushed = await pushToAll(ports, [session], messagesFrame(filled.messages));
    const open = pushed.filter(({ outcome }) => isOpen(outcome));
    if (open.length > 0) return tryAgain(ports, open, job);
    if (!tookAny(pushed, job.userId)) return;
    await ports.inbox.remove(job.userId, filled.messageIds);
    if (!filled.more) return;
  }
  await ports.offlineQueue.enqueue([{ job: { ...job, round: 0 }, delaySeconds: 0 }]);
}

async function tryAgain(ports: OfflineJobPorts, open: readonly Pushed[], job: OfflineJob): Promise<void> {
  const round = job.round + 1;
  if (round < MAX_ROUNDS) {
    return ports.offlineQueue.enqueue([{ job: { ...job, round }, delaySeconds: RETRY_DELAY_SECONDS }]);
  }
  await Promise.all(
    open.map(async ({ session }) => {
      await ports.routes.disconnect(session);
      await ports.connections.close(session.connectionId);
    }),
  );
}
