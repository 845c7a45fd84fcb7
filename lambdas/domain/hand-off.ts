import { UnavailableError } from '../shared/errors.ts';
import {
  type DeliveryPorts,
  isOpen,
  leavesInInbox,
  messagesFrame,
  type Pushed,
  pushTo,
  RETRY_DELAY_SECONDS,
  tookAny,
} from './delivery.ts';
import { fillPage, firstEntries, type InboxTable, pageBytesFor } from './inbox.ts';
import type { MessageTable, StoredMessage } from './message.ts';
import type { OfflineJob } from './offline.ts';
import type { Session } from './session.ts';

/** After so many attempts the connection is deleted, which makes its client reconnect and say `hello`. */
const MAX_ROUNDS = 5;
/** A drain goes on in another invocation after so many pages. */
const DRAIN_PAGES = 10;

export interface HandOffPorts extends DeliveryPorts {
  readonly inbox: InboxTable;
  readonly messages: MessageTable;
}

export interface JobRecord {
  /** Names the record to the queue. */
  readonly recordId: string;
  readonly job: OfflineJob;
}

/** The world as the jobs of one batch see it: read once, after the inbox was written. */
interface Scene {
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
 * order (fault 4).
 *
 * The order closes the race with a connecting receiver (fault 8): first the inbox is written, *then* the routes are
 * read. Who connected before that read is seen by it and is posted to; who connects later reads the inbox in `hello`.
 */
export async function handOff(ports: HandOffPorts, records: readonly JobRecord[]): Promise<FailedJob[]> {
  const unstored = await storeInInbox(ports, records);
  const stored = records.filter((record) => !unstored.some(({ recordId }) => recordId === record.recordId));
  const scene = await lookAround(ports, stored);
  const results = await Promise.allSettled(stored.map(({ job }) => doJob(ports, scene, job)));
  const failed = stored.flatMap(({ recordId }, index) => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ recordId, reason: result.reason }] : [];
  });
  return [...unstored, ...failed];
}

async function storeInInbox({ inbox }: HandOffPorts, records: readonly JobRecord[]): Promise<FailedJob[]> {
  const fresh = records.flatMap(({ recordId, job }) =>
    (job.kind === 'store' && job.round === 0) || job.kind === 'keep'
      ? [{ recordId, userId: job.userId, reference: job.reference }]
      : [],
  );
  const left = await inbox.put(fresh);
  const isLeft = (userId: string, messageId: string) =>
    left.some((entry) => entry.userId === userId && entry.reference.messageId === messageId);
  return fresh
    .filter(({ userId, reference }) => isLeft(userId, reference.messageId))
    .map(({ recordId }) => ({ recordId, reason: new UnavailableError() }));
}

async function lookAround({ routes, messages }: HandOffPorts, records: readonly JobRecord[]): Promise<Scene> {
  const jobs = records.map(({ job }) => job).filter(({ kind }) => kind !== 'keep');
  const sessions = await routes.sessionsOf([...new Set(jobs.map(({ userId }) => userId))]);
  const wanted = jobs.flatMap((job) =>
    'reference' in job && (sessions.get(job.userId)?.length ?? 0) > 0 ? [job.reference] : [],
  );
  const found = wanted.length === 0 ? [] : await messages.getMany(wanted);
  return { sessions, messages: new Map(found.map((message) => [message.messageId, message])) };
}

async function doJob(ports: HandOffPorts, scene: Scene, job: OfflineJob): Promise<void> {
  const sessions = scene.sessions.get(job.userId) ?? [];
  if (job.kind === 'keep') return;
  if (job.kind === 'store') {
    if (sessions.length > 0)
      await pushStored(ports, sessions, scene.messages.get(job.reference.messageId), job);
    return;
  }
  // A connection that lost its route has nothing to get: its device reconnects and catches up (IM-HELLO-3).
  const session = sessions.find(({ connectionId }) => connectionId === job.connectionId);
  if (session === undefined) return;
  if (job.kind === 'post')
    await pushToConnection(ports, session, scene.messages.get(job.reference.messageId), job);
  else await drain(ports, session, job);
}

type StoreJob = Extract<OfflineJob, { kind: 'store' }>;
type PostJob = Extract<OfflineJob, { kind: 'post' }>;

async function pushStored(
  ports: HandOffPorts,
  sessions: readonly Session[],
  message: StoredMessage | undefined,
  job: StoreJob,
): Promise<void> {
  // No longer kept in history: the entry has outlived its message.
  if (message === undefined) return ports.inbox.remove(job.userId, [job.reference.messageId]);
  const pushed = await pushTo(ports, sessions, messagesFrame([message]));
  const open = pushed.filter(({ outcome }) => isOpen(outcome));
  if (tookAny(pushed, job.userId)) {
    await postLater(ports, open, job);
    if (pushed.some(({ outcome }) => leavesInInbox(outcome))) return;
    return ports.inbox.remove(job.userId, [job.reference.messageId]);
  }
  // A managed session that is being made says `hello` after this, and finds the entry.
  const unsettled = open.filter(({ session, outcome }) => outcome === 'unsure' || session.mode === 'plain');
  if (unsettled.length > 0) await tryAgain(ports, unsettled, job);
}

async function postLater(
  { queue }: HandOffPorts,
  open: readonly Pushed[],
  { reference }: StoreJob,
): Promise<void> {
  if (open.length === 0) return;
  const jobs = open.map(({ session: { userId, deviceId, connectionId } }) => {
    const job = { kind: 'post', userId, deviceId, connectionId, reference, round: 0 } as const;
    return { job, delaySeconds: RETRY_DELAY_SECONDS };
  });
  await queue.enqueue(jobs);
}

async function pushToConnection(
  ports: HandOffPorts,
  session: Session,
  message: StoredMessage | undefined,
  job: PostJob,
): Promise<void> {
  if (message === undefined) return;
  const pushed = await pushTo(ports, [session], messagesFrame([message]));
  const open = pushed.filter(({ outcome }) => isOpen(outcome));
  if (open.length > 0) await tryAgain(ports, open, job);
  if (pushed.some(({ outcome }) => leavesInInbox(outcome))) await keepToo(ports, job);
}

async function keepToo({ queue }: HandOffPorts, { userId, reference }: PostJob): Promise<void> {
  await queue.enqueue([{ job: { kind: 'keep', userId, reference, round: 0 }, delaySeconds: 0 }]);
}

/** Pushes a plain session's inbox, page by page, and removes exactly what it took (IM-CONN-6). */
async function drain(ports: HandOffPorts, session: Session, job: OfflineJob): Promise<void> {
  for (let page = 0; page < DRAIN_PAGES; page += 1) {
    const filled = await fillPage(
      ports,
      job.userId,
      await firstEntries(ports, job.userId),
      pageBytesFor(session),
    );
    if (filled.messages.length === 0) return;
    const pushed = await pushTo(ports, [session], messagesFrame(filled.messages));
    const open = pushed.filter(({ outcome }) => isOpen(outcome));
    if (open.length > 0) return tryAgain(ports, open, job);
    if (!tookAny(pushed, job.userId)) return;
    await ports.inbox.remove(job.userId, filled.messageIds);
    if (!filled.more) return;
  }
  await ports.queue.enqueue([{ job: { ...job, round: 0 }, delaySeconds: 0 }]);
}

async function tryAgain(ports: HandOffPorts, open: readonly Pushed[], job: OfflineJob): Promise<void> {
  const round = job.round + 1;
  if (round < MAX_ROUNDS) {
    return ports.queue.enqueue([{ job: { ...job, round }, delaySeconds: RETRY_DELAY_SECONDS }]);
  }
  await Promise.all(
    open.map(async ({ session }) => {
      await ports.routes.disconnect(session);
      await ports.connections.close(session.connectionId);
    }),
  );
}
