import pLimit from 'p-limit';
import * as z from 'zod/mini';
import type { ServerFrame } from '../../protocol/frames.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { chunk } from '../shared/chunk.ts';
import { settleAll } from '../shared/settle.ts';
import { type DeliveryPorts, leftovers, messagesFrame, type PushPorts, pushTo, tookAny } from './delivery.ts';
import type { GroupTable } from './group/group.ts';
import type { MessageTable, StoredMessage } from './message.ts';
import { type Reference, referenceSchema, referenceTo } from './offline.ts';
import type { Session } from './session.ts';

/** Receiving sessions that the sender's own function serves; above, workers do (decision 9). */
export const INLINE_SESSIONS = 25;
/** Members whose routes one request reads. */
const ROUTES_PER_READ = 100;
/** Requests for routes at once, beside the posts. */
const READS_AT_ONCE = 4;
/** Members that one job serves. */
export const MEMBERS_PER_JOB = 1_000;
/** Members that the planner reads at once: about 1 MB of rows. */
const MEMBERS_PER_READ = 5_000;

/**
 * What the fan-out queue carries: a message by reference, or a frame that nobody has to get (`recalled`). Without
 * `users` it is for the planner, which finds the members and makes jobs of about 1,000 users each.
 */
export const fanOutJobSchema = z.object({
  conversationId: z.string(),
  memberCount: z.int(),
  what: z.union([z.object({ reference: referenceSchema }), z.object({ frame: z.string() })]),
  exceptConnectionId: z.optional(z.string()),
  users: z.optional(z.array(z.string())),
});

export type FanOutJob = z.infer<typeof fanOutJobSchema>;

export interface FanOutQueue {
  /** Durable when it resolves. @throws {UnavailableError} if any of them isn't */
  enqueue(jobs: readonly FanOutJob[]): Promise<void>;
}

/** What is needed to send a frame that nobody has to get. */
export interface FramePorts extends PushPorts {
  readonly groups: GroupTable;
  readonly fanOut: FanOutQueue;
}

export interface FanOutPorts extends FramePorts, DeliveryPorts {
  readonly messages: MessageTable;
}

export interface BroadcastOptions {
  readonly memberCount: number;
  /** Users who are no members any more and still get this. */
  readonly also?: readonly string[];
  /** Who is probably a member, of a small group: decides about nothing (`foreseeMembers`). */
  readonly foreseen?: readonly string[] | undefined;
  readonly exceptConnectionId?: string | undefined;
}

/**
 * Hands a stored message to a group: by itself if it has few members and few sessions, else by the workers. Resolves
 * when each member has it or a queue does. Safe to repeat. Returns who had no session that took it; nobody, where the
 * workers will know.
 * @throws {UnavailableError} members or routes can't be read, or a queue doesn't take what must not be lost
 */
export async function broadcastMessage(
  ports: FanOutPorts,
  stored: StoredMessage,
  options: BroadcastOptions,
): Promise<readonly string[]> {
  const { also = [], memberCount, exceptConnectionId } = options;
  const text = messagesFrame([stored]);
  const reference = referenceTo(stored);
  const few = memberCount <= INLINE_SESSIONS ? await findFew(ports, stored, options) : undefined;
  if (few === undefined) {
    const routes = await sessionsIfAny(ports, also);
    await pushTo(ports, [...routes.values()].flat(), text);
    await enqueuePlan(ports, stored.conversationId, { reference }, { memberCount, exceptConnectionId });
    return [];
  }
  const pushed = await pushTo(ports, few.sessions, text);
  const recipients = few.users.filter((userId) => userId !== stored.from && !also.includes(userId));
  const jobs = leftovers(reference, recipients, pushed);
  if (jobs.length > 0) await ports.queue.enqueue(jobs);
  return recipients.filter((userId) => !tookAny(pushed, userId));
}

/** Sends a frame that nobody has to get: a post that fails is not tried again. */
export async function broadcastFrame(
  ports: FramePorts,
  conversationId: string,
  frame: ServerFrame,
  options: BroadcastOptions,
): Promise<void> {
  const everything = { conversationId, seq: Number.MAX_SAFE_INTEGER };
  const few = options.memberCount <= INLINE_SESSIONS ? await findFew(ports, everything, options) : undefined;
  const text = JSON.stringify(frame);
  if (few === undefined) return enqueuePlan(ports, conversationId, { frame: text }, options);
  await pushTo(ports, few.sessions, text);
}

/**
 * Reads a small group's members before its message is stored, so that afterwards their routes needn't wait for them. A
 * guess: who joins or goes meanwhile is known by the reading after the commit, which alone decides.
 */
export async function foreseeMembers(
  { groups }: Pick<FramePorts, 'groups'>,
  conversationId: string,
  memberCount: number,
): Promise<readonly string[]> {
  if (memberCount > INLINE_SESSIONS) return [];
  const guess = await groups.members(conversationId, { limit: INLINE_SESSIONS }).catch(() => undefined);
  return guess?.members.map(({ userId }) => userId) ?? [];
}

/** The members and their sessions, or `undefined` if these are too many to be served here. */
async function findFew(
  ports: FramePorts,
  { conversationId, seq }: Pick<StoredMessage, 'conversationId' | 'seq'>,
  { also = [], foreseen = [], exceptConnectionId }: BroadcastOptions,
): Promise<{ users: readonly string[]; sessions: readonly Session[] } | undefined> {
  // Both after the commit: who joined before it is served (IM-PUSH-2), who went before its seq is not (fault 14).
  const [{ members, more }, guessed] = await settleAll([
    ports.groups.members(conversationId, { limit: INLINE_SESSIONS }),
    sessionsIfAny(ports, foreseen),
  ]);
  if (more) return undefined;
  const users = [...members.filter(({ joinedSeq }) => joinedSeq <= seq).map(({ userId }) => userId), ...also];
  const others = await sessionsIfAny(
    ports,
    users.filter((userId) => !guessed.has(userId)),
  );
  const sessions = users
    .flatMap((userId) => guessed.get(userId) ?? others.get(userId) ?? [])
    .filter(({ connectionId }) => connectionId !== exceptConnectionId);
  return sessions.length <= INLINE_SESSIONS ? { users, sessions } : undefined;
}

async function sessionsIfAny(
  { routes }: FramePorts,
  users: readonly string[],
): Promise<ReadonlyMap<string, readonly Session[]>> {
  return users.length === 0 ? new Map() : routes.sessionsOf(users);
}

async function enqueuePlan(
  { fanOut: queue }: FramePorts,
  conversationId: string,
  what: FanOutJob['what'],
  { memberCount, exceptConnectionId }: BroadcastOptions,
): Promise<void> {
  const except = exceptConnectionId === undefined ? {} : { exceptConnectionId };
  await queue.enqueue([{ conversationId, memberCount, what, ...except }]);
}

/** Does one job; what fails of it goes back to the queue alone, so that a retry repeats no more. */
export async function fanOut(ports: FanOutPorts, job: FanOutJob): Promise<void> {
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
  if (failed.length > 0) await ports.fanOut.enqueue([{ ...job, users: failed }]);
}

/**
 * Read after the commit, strongly: who was removed before this message got its seq is not found (fault 14), and who
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
      return fanOut(ports, only);
    if (jobs.length > 0) await ports.fanOut.enqueue(jobs);
    after = page.members.at(-1)?.userId;
    more = page.more;
  }
}

async function textOf({ messages }: FanOutPorts, { what }: FanOutJob): Promise<string | undefined> {
  if ('frame' in what) return what.frame;
  const [stored] = await messages.getMany([what.reference]);
  return stored && messagesFrame([stored]);
}

async function servePart(
  ports: FanOutPorts,
  job: FanOutJob,
  users: readonly string[],
  text: string,
): Promise<void> {
  const routes = await ports.routes.sessionsOf(users);
  const sessions = [...routes.values()]
    .flat()
    .filter(({ connectionId }) => connectionId !== job.exceptConnectionId);
  const pushed = await pushTo(ports, sessions, text);
  if (!('reference' in job.what)) return;
  const jobs = leftovers(job.what.reference, inboxOwners(job, users, job.what.reference), pushed);
  if (jobs.length > 0) await ports.queue.enqueue(jobs);
}

/** Above 500 members there are no inbox copies: members catch up from heads and history (IM-HELLO-3). */
function inboxOwners(
  { memberCount }: FanOutJob,
  users: readonly string[],
  { from }: Reference,
): readonly string[] {
  return memberCount <= LIMITS.inboxCopiesMembers ? users.filter((userId) => userId !== from) : [];
}
