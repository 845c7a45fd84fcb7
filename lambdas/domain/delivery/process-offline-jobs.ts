import { UnavailableError } from '../../shared/errors.ts';
import type { FailedJob } from '../model/failed-job.ts';
import type { Inbox, InboxWriter } from '../model/inbox.ts';
import type { MessageReader, StoredMessage } from '../model/message.ts';
import type { Notification, NotificationQueue } from '../model/notification.ts';
import type { OfflineJob } from '../model/offline-job.ts';
import type { Session } from '../model/session.ts';
import { type DeliveryPorts, messagesFrame } from './deliver.ts';
import { backOffSeconds, keepJob, postJobs, RETRY_DELAY_SECONDS } from './follow-up-jobs.ts';
import { forward } from './forward.ts';
import { fillPage, firstEntries, pageBytesFor } from './inbox.ts';
import { isSeen, missedBy, needsInbox, needsRetry, type Pushed, pushToAll, tookAny } from './push.ts';

/** After this many attempts with an unknown outcome the connection is deleted, so that its client reconnects. */
const MAX_UNSURE = 5;
/** Pages per invocation; another invocation continues the drain. */
const DRAIN_PAGES = 10;

export interface OfflineJobPorts extends DeliveryPorts {
  readonly inbox: Inbox;
  readonly inboxWriter: InboxWriter;
  readonly messages: MessageReader;
  /** @default - nobody is notified in this deployment */
  readonly notifications?: NotificationQueue | undefined;
}

export interface OfflineRecord {
  readonly recordId: string;
  readonly body: OfflineJob;
}

/** Read once for all jobs of a batch, after the inbox was written. */
interface BatchReads {
  readonly sessions: ReadonlyMap<string, readonly Session[]>;
  readonly messages: ReadonlyMap<string, StoredMessage>;
}

/**
 * Processes the jobs of one batch and returns those to retry. A job may arrive any number of times, in any order
 * (IM-FAULT-4).
 *
 * The order of the steps closes the race with a connecting receiver (IM-FAULT-8): the inbox is written first, *then* the
 * routes are read. A user who connected before that read gets a push; one who connects later reads the inbox in `hello`.
 * Whom to notify comes last: by then every message is where it belongs.
 */
export async function processOfflineJobs(
  ports: OfflineJobPorts,
  records: readonly OfflineRecord[],
): Promise<FailedJob[]> {
  const unstored = await storeInInbox(ports, records);
  const stored = records.filter((record) => !unstored.some(({ recordId }) => recordId === record.recordId));
  const reads = await readForJobs(ports, stored);
  const results = await Promise.allSettled(stored.map(({ body }) => processJob(ports, reads, body)));
  const failed = stored.flatMap(({ recordId }, index) => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ recordId, reason: result.reason }] : [];
  });
  await forward(
    ports.notifications,
    results.flatMap((result) => (result.status === 'fulfilled' && result.value) || []),
  );
  return [...unstored, ...failed];
}

/** Whom to notify of what. */
type Notice = Pick<Notification, 'userId' | 'reference' | 'missed'>;

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
): Promise<BatchReads> {
  const jobs = records.map(({ body }) => body).filter(({ kind }) => kind !== 'keep' && kind !== 'notify');
  const sessions = await routes.sessionsOf([...new Set(jobs.map(({ userId }) => userId))]);
  const wanted = jobs.flatMap((job) =>
    'reference' in job && (sessions.get(job.userId)?.length ?? 0) > 0 ? [job.reference] : [],
  );
  const found = wanted.length === 0 ? [] : await messages.getMany(wanted);
  return { sessions, messages: new Map(found.map((message) => [message.messageId, message])) };
}

async function processJob(
  ports: OfflineJobPorts,
  reads: BatchReads,
  job: OfflineJob,
): Promise<Notice | undefined> {
  const sessions = reads.sessions.get(job.userId) ?? [];
  if (job.kind === 'notify') return job;
  if (job.kind === 'keep') return undefined;
  if (job.kind === 'store')
    return pushStored(ports, sessions, reads.messages.get(job.reference.messageId), job);
  // A connection without a route needs no push: its device reconnects and catches up (IM-HELLO-3).
  const session = sessions.find(({ connectionId }) => connectionId === job.connectionId);
  if (session === undefined) return undefined;
  if (job.kind === 'post')
    await pushToConnection(ports, session, reads.messages.get(job.reference.messageId), job);
  else await drain(ports, session, job);
  return undefined;
}

type StoreJob = Extract<OfflineJob, { kind: 'store' }>;
type PostJob = Extract<OfflineJob, { kind: 'post' }>;
type DrainJob = Extract<OfflineJob, { kind: 'drain' }>;

/** @returns whom to notify: only the first attempt says so, since later ones follow within seconds */
async function pushStored(
  ports: OfflineJobPorts,
  sessions: readonly Session[],
  message: StoredMessage | undefined,
  job: StoreJob,
): Promise<Notice | undefined> {
  const { userId, reference } = job;
  if (sessions.length === 0) return job.round === 0 ? { userId, reference, missed: [] } : undefined;
  if (message === undefined) {
    // The message has expired from history.
    await ports.inbox.remove(userId, [reference.messageId]);
    return undefined;
  }
  const pushed = await pushToAll(ports, sessions, messagesFrame([message]));
  await settleStored(ports, pushed, job);
  if (job.round > 0 || isSeen(pushed, userId)) return undefined;
  return { userId, reference, missed: missedBy(pushed, userId) };
}

async function settleStored(ports: OfflineJobPorts, pushed: readonly Pushed[], job: StoreJob): Promise<void> {
  const unknown = pushed.filter(({ outcome }) => needsRetry(outcome));
  if (tookAny(pushed, job.userId)) {
    if (unknown.length > 0) await ports.offlineQueue.enqueue(postJobs(job.reference, unknown));
    if (pushed.some(({ outcome }) => needsInbox(outcome))) return;
    return ports.inbox.remove(job.userId, [job.reference.messageId]);
  }
  // A managed session that is still connecting needs no retry: it sends `hello` later and finds the entry.
  const toRetry = unknown.filter(
    ({ session, outcome }) => outcome !== 'connecting' || session.mode === 'plain',
  );
  if (toRetry.length > 0) await retry(ports, toRetry, job);
}

async function pushToConnection(
  ports: OfflineJobPorts,
  session: Session,
  message: StoredMessage | undefined,
  job: PostJob,
): Promise<void> {
  if (message === undefined) return;
  const pushed = await pushToAll(ports, [session], messagesFrame([message]));
  const unknown = pushed.filter(({ outcome }) => needsRetry(outcome));
  if (unknown.length > 0) await retry(ports, unknown, job);
  if (pushed.some(({ outcome }) => needsInbox(outcome)))
    await ports.offlineQueue.enqueue([keepJob(job.reference, job.userId)]);
}

/** Pushes the inbox to a plain session, page by page, and removes exactly the entries that it took (IM-CONN-6). */
async function drain(ports: OfflineJobPorts, session: Session, job: DrainJob): Promise<void> {
  for (let page = 0; page < DRAIN_PAGES; page += 1) {
    const filled = await fillPage(
      ports,
      job.userId,
      await firstEntries(ports, job.userId),
      pageBytesFor(session),
    );
    if (filled.messages.length === 0) return;
    const pushed = await pushToAll(ports, [session], messagesFrame(filled.messages));
    const unknown = pushed.filter(({ outcome }) => needsRetry(outcome));
    if (unknown.length > 0) return retry(ports, unknown, job);
    if (!tookAny(pushed, job.userId)) return;
    await ports.inbox.remove(job.userId, filled.messageIds);
    if (!filled.more) return;
  }
  await ports.offlineQueue.enqueue([{ job: { ...job, round: 0, unsure: 0 }, delaySeconds: 0 }]);
}

/**
 * Enqueues the job once more. A session that is only busy is retried until it takes the push or ends, and is never
 * disconnected for that: its account, not its socket, is at its limit (IM-FAULT-20).
 */
async function retry(
  ports: OfflineJobPorts,
  unknown: readonly Pushed[],
  job: StoreJob | PostJob | DrainJob,
): Promise<void> {
  const unsure = unknown.filter(({ outcome }) => outcome !== 'busy');
  const isBusy = unsure.length < unknown.length;
  const attempts = (job.unsure ?? 0) + Math.min(1, unsure.length);
  const isLast = unsure.length > 0 && attempts >= MAX_UNSURE;
  if (isLast && (await disconnect(ports, unsure)) && !isBusy) return;
  const delaySeconds = isLast || isBusy ? backOffSeconds(job.round) : RETRY_DELAY_SECONDS;
  await ports.offlineQueue.enqueue([
    { job: { ...job, round: job.round + 1, unsure: attempts }, delaySeconds },
  ]);
}

/**
 * Deletes the connections, then their routes: a socket that stayed open without a route would receive nothing more.
 * @returns whether all are closed
 */
async function disconnect(
  { connections, routes }: OfflineJobPorts,
  pushed: readonly Pushed[],
): Promise<boolean> {
  const closed = await Promise.all(
    pushed.map(async ({ session }) => {
      const outcome = await connections.close(session.connectionId);
      if (outcome !== 'took' && outcome !== 'gone') return false;
      await routes.disconnect(session);
      return true;
    }),
  );
  return !closed.includes(false);
}
