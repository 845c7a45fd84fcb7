import pLimit from 'p-limit';
import { LIMITS } from '../../../protocol/limits.ts';
import { chunk } from '../../shared/chunk.ts';
import type { FanOutJob } from '../model/fan-out-job.ts';
import type { MessageReader } from '../model/message.ts';
import type { Reference } from '../model/reference.ts';
import { type GroupDeliveryPorts, messagesFrame, queueTheRest } from './deliver.ts';
import { findSessions } from './find-sessions.ts';
import { pushToAll } from './push.ts';

/** Members whose routes one request reads. */
const ROUTES_PER_READ = 100;
/** Requests for routes at once, beside the posts. */
const READS_AT_ONCE = 4;
/** Members that one job serves. */
export const MEMBERS_PER_JOB = 1_000;
/** Members that the planner reads at once: about 1 MB of rows. */
const MEMBERS_PER_READ = 5_000;

export interface FanOutPorts extends GroupDeliveryPorts {
  readonly messages: MessageReader;
}

/** Does one job of the fan-out queue; the part that fails goes back to the queue alone, so that a retry repeats no more. */
export async function processFanOutJob(ports: FanOutPorts, job: FanOutJob): Promise<void> {
  if (job.users === undefined) return planJobs(ports, job);
  const text = await textOf(ports, job);
  if (text === undefined) return;
  const atOnce = pLimit(READS_AT_ONCE);
  const parts = chunk(job.users, ROUTES_PER_READ);
  const results = await Promise.allSettled(
    parts.map((users) => atOnce(() => servePart(ports, job, users, text))),
  );
  const failed = parts.filter((_, index) => results[index]?.status === 'rejected').flat();
  if (failed.length === job.users.length) throw (results[0] as PromiseRejectedResult).reason;
  if (failed.length > 0) await ports.fanOutQueue.enqueue([{ ...job, users: failed }]);
}

/**
 * Read after the commit, strongly: who was removed before this message got its seq is not found (IM-FAULT-14), and who
 * joined after it is passed over.
 */
async function planJobs(ports: FanOutPorts, job: FanOutJob): Promise<void> {
  const seq = 'reference' in job.what ? job.what.reference.seq : Number.MAX_SAFE_INTEGER;
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await ports.groups.members(job.conversationId, {
      limit: MEMBERS_PER_READ,
      ...(after !== undefined && { after }),
    });
    const users = page.members.filter(({ joinedSeq }) => joinedSeq <= seq).map(({ userId }) => userId);
    const jobs = chunk(users, MEMBERS_PER_JOB).map((part) => ({ ...job, users: part }));
    // What one job holds is served here and now: a hop less for all but the large.
    const [only, ...others] = jobs;
    if (after === undefined && !page.more && only !== undefined && others.length === 0)
      return processFanOutJob(ports, only);
    if (jobs.length > 0) await ports.fanOutQueue.enqueue(jobs);
    after = page.members.at(-1)?.userId;
    more = page.more;
  }
}

async function textOf({ messages }: FanOutPorts, { what }: FanOutJob): Promise<string | undefined> {
  if ('frame' in what) return what.frame;
  const [stored] = await messages.getMany([what.reference]);
  return stored && messagesFrame([stored]);
}

/** The same two promises as in deliver.ts: a message by reference must arrive, a frame may. */
async function servePart(
  ports: FanOutPorts,
  { what, memberCount, exceptConnectionId }: FanOutJob,
  users: readonly string[],
  text: string,
): Promise<void> {
  const pushed = await pushToAll(ports, await findSessions(ports, users, exceptConnectionId), text);
  if (!('reference' in what)) return;
  await queueTheRest(ports, what.reference, inboxOwners(memberCount, users, what.reference), pushed);
}

/** Above 500 members there are no inbox copies: members catch up from heads and history (IM-HELLO-3). */
function inboxOwners(memberCount: number, users: readonly string[], { from }: Reference): readonly string[] {
  return memberCount <= LIMITS.inboxCopiesMembers ? users.filter((userId) => userId !== from) : [];
}
