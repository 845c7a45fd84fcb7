import pLimit from 'p-limit';
import { LIMITS } from '../../../protocol/limits.ts';
import { chunk } from '../../shared/chunk.ts';
import { describe, logger } from '../../shared/logger.ts';
import type { Meter } from '../model/budget.ts';
import type { FanOutJob } from '../model/fan-out-job.ts';
import { isMentioned, type MessageReader, type StoredMessage } from '../model/message.ts';
import { unforeseenPostsPrice, unforeseenPushesPrice } from '../model/prices.ts';
import type { Reference } from '../model/reference.ts';
import { enqueueFollowUpJobs, type GroupDeliveryPorts, messagesFrame } from './deliver.ts';
import { findSessions } from './find-sessions.ts';
import { notifyJob } from './follow-up-jobs.ts';
import type { Pace } from './pace.ts';
import { isSeen, type Pushed, pushToAll } from './push.ts';

/** Members per read of routes. */
const ROUTES_PER_READ = 100;
/** Concurrent reads of routes. */
const READS_AT_ONCE = 4;
/** Members per job. */
export const MEMBERS_PER_JOB = 1_000;
/** Members per read of the planner: about 1 MB of rows. */
const MEMBERS_PER_READ = 5_000;

export interface FanOutPorts extends GroupDeliveryPorts {
  readonly messages: MessageReader;
  readonly pace: Pace;
  readonly meter: Meter;
  /** Whether this deployment notifies absent members of large groups who are mentioned. @default false */
  readonly notifiesMentioned?: boolean | undefined;
}

/**
 * Processes one job of the fan-out queue. Only the part that fails goes back to the queue, so a retry repeats nothing
 * else.
 */
export async function processFanOutJob(ports: FanOutPorts, job: FanOutJob): Promise<void> {
  if (job.users === undefined) return planJobs(ports, job);
  const what = await loadWhat(ports, job);
  if (what === undefined) return;
  const { text } = what;
  const atOnce = pLimit(READS_AT_ONCE);
  const parts = chunk(job.users, ROUTES_PER_READ);
  const results = await Promise.allSettled(
    parts.map((users) => atOnce(() => deliverToPart(ports, job, users, what))),
  );
  await chargeForPosts(ports, job, { members: job.users.length, text }, results);
  const failed = parts.filter((_, index) => results[index]?.status === 'rejected').flat();
  if (failed.length === job.users.length) throw (results[0] as PromiseRejectedResult).reason;
  if (failed.length > 0) await ports.fanOutQueue.enqueue([{ ...job, users: failed }]);
}

/**
 * Reads the members strongly, after the commit: a member removed before this message got its seq is not in the list
 * (IM-FAULT-14), and a member who joined after it is skipped.
 */
async function planJobs(ports: FanOutPorts, job: FanOutJob): Promise<void> {
  const seq =
    ('reference' in job.what ? job.what.reference.seq : job.what.joinedBy) ?? Number.MAX_SAFE_INTEGER;
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await ports.groups.members(job.conversationId, {
      limit: MEMBERS_PER_READ,
      ...(after !== undefined && { after }),
    });
    const users = page.members.filter(({ joinedSeq }) => joinedSeq <= seq).map(({ userId }) => userId);
    const jobs = chunk(users, MEMBERS_PER_JOB).map((part) => ({ ...job, users: part }));
    // If all members fit one job, this invocation processes it: that saves a trip through the queue.
    const [only, ...others] = jobs;
    if (after === undefined && !page.more && only !== undefined && others.length === 0)
      return processFanOutJob(ports, only);
    if (jobs.length > 0) await ports.fanOutQueue.enqueue(jobs);
    after = page.members.at(-1)?.userId;
    more = page.more;
  }
}

/** What is posted. */
interface Posted {
  readonly text: string;
  /** Of a message. */
  readonly mentions?: StoredMessage['mentions'];
}

async function loadWhat({ messages }: FanOutPorts, { what }: FanOutJob): Promise<Posted | undefined> {
  if ('frame' in what) return { text: what.frame };
  const [stored] = await messages.getMany([what.reference]);
  return stored && { text: messagesFrame([stored]), mentions: stored.mentions };
}

/**
 * The same two kinds of push as in deliver.ts: a message (a reference) must arrive, a frame may be lost.
 * @returns the number of posts
 */
async function deliverToPart(
  ports: FanOutPorts,
  { what, memberCount, exceptConnectionId }: FanOutJob,
  users: readonly string[],
  { text, mentions }: Posted,
): Promise<number> {
  const sessions = await findSessions(ports, users, exceptConnectionId);
  await ports.pace(sessions.length);
  const pushed = await pushToAll(ports, sessions, text);
  if ('reference' in what)
    await enqueueFollowUpJobs(ports, what.reference, inboxOwners(memberCount, users, what.reference), pushed);
  if ('reference' in what && ports.notifiesMentioned && memberCount > LIMITS.inboxCopiesMembers) {
    const mentioned = users.filter((userId) => isMentioned(mentions, userId));
    await notifyMentioned(ports, what.reference, mentioned, pushed);
  }
  return sessions.length;
}

/** Members of large groups have no inbox copy whose job could notify them. Never throws: they have been served (IM-NOTIFY-4). */
async function notifyMentioned(
  { offlineQueue }: FanOutPorts,
  reference: Reference,
  mentioned: readonly string[],
  pushed: readonly Pushed[],
): Promise<void> {
  const jobs = mentioned
    .filter((userId) => userId !== reference.from && !isSeen(pushed, userId))
    .map((userId) => notifyJob(reference, userId, pushed));
  if (jobs.length === 0) return;
  try {
    await offlineQueue.enqueue(jobs);
  } catch (error) {
    logger.error('notifications not queued', { count: jobs.length, error: describe(error) });
  }
}

/** The user paid before anyone knew who is online: charges for posts beyond those that the price assumes (IM-BUDGET-1). */
async function chargeForPosts(
  { meter }: FanOutPorts,
  { memberCount, payer, what }: FanOutJob,
  { members, text }: { readonly members: number; readonly text: string },
  results: readonly PromiseSettledResult<number>[],
): Promise<void> {
  if (payer === undefined) return;
  const posts = results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0);
  const price = 'frame' in what ? unforeseenPushesPrice : unforeseenPostsPrice;
  await meter.of(payer).charge(price(posts, members, memberCount, Buffer.byteLength(text)));
}

/** Above 500 members there are no inbox copies: members catch up from heads and history (IM-HELLO-3). */
function inboxOwners(memberCount: number, users: readonly string[], { from }: Reference): readonly string[] {
  return memberCount <= LIMITS.inboxCopiesMembers ? users.filter((userId) => userId !== from) : [];
}
