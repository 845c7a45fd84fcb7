import type { GroupBody } from '../../../protocol/http.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { chunk } from '../../shared/chunk.ts';
import { ConflictError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { directHeads, hasBlocked, hasWritten } from '../access/direct.ts';
import { type Actor, adminAmong, authorOf } from '../access/operator.ts';
import { nextSystemMessage } from '../messages/system-message.ts';
import type { GroupFacts } from '../model/conversation.ts';
import type { WatchdogJob } from '../model/fan-out-job.ts';
import type { MemberStatus } from '../model/group.ts';
import { addedMembersPrice, groupMessagePrice } from '../model/prices.ts';
import { type GroupChangePorts, groupFacts, requireAdmin, toBody } from './group.ts';
import { notifyMembers, sendPendingOf, watchChange } from './notify.ts';

/** Members per transaction: each has two rows, beside head and message, and a transaction takes 100 items. */
export const MEMBERS_PER_CHANGE = 40;
/** Attempts of a change that conflicts with others. Each takes a new seq. */
export const ATTEMPTS = 4;

interface Removal {
  readonly by: string;
  readonly member: string;
  readonly ifAdmin?: string | undefined;
}

/**
 * Adds members. Skips users who are members already, and those who have blocked the user (IM-BLOCK-3).
 * @throws {ForbiddenError} a user who is not an admin
 */
export async function addMembers(
  ports: GroupChangePorts,
  actor: Actor,
  conversationId: string,
  members: readonly string[],
): Promise<GroupBody> {
  const facts = await requireAdmin(ports, actor, conversationId);
  await ports.budget.debit(addedMembersPrice(members.length, facts.memberCount + members.length));
  await watchChange(ports, { watchdogOf: conversationId });
  const absent = await findAbsent(ports, conversationId, facts, actor, [...new Set(members)]);
  const { addable, strangers } = await findAddable(ports, actor, absent);
  const memberCount = facts.memberCount + addable.length;
  if (memberCount > LIMITS.maxGroupMembers) {
    throw new ConflictError(`A group has at most ${LIMITS.maxGroupMembers} members.`);
  }
  await ports.budget.meet(strangers);
  for (const part of chunk(addable, MEMBERS_PER_CHANGE))
    await addPart(ports, conversationId, facts, actor, part);
  return toBody(conversationId, { ...facts, memberCount });
}

/**
 * Finds out what the user's direct conversations say about up to 100 new members. Drops those who have blocked the user, as
 * if they were members already: a refusal would name them (IM-BLOCK-3). Counts the strangers: those who never wrote to
 * the user (IM-BUDGET-3). No block keeps out whom the operator adds.
 */
export async function findAddable(
  { conversations }: Pick<GroupChangePorts, 'conversations'>,
  actor: Actor,
  members: readonly string[],
): Promise<{ readonly addable: readonly string[]; readonly strangers: number }> {
  if (typeof actor !== 'string') return { addable: members, strangers: 0 };
  const heads = await directHeads(conversations, actor, members);
  const addable = members.filter((member) => !hasBlocked(heads.get(member), member));
  const strangers = addable.filter((member) => !hasWritten(heads.get(member), member));
  return { addable, strangers: strangers.length };
}

/** Adds at most `MEMBERS_PER_CHANGE` members, with one transaction and one message. */
export async function addPart(
  ports: GroupChangePorts,
  conversationId: string,
  facts: GroupFacts,
  actor: Actor,
  part: readonly string[],
): Promise<void> {
  const { openHistory, memberCount } = facts;
  const [by, ifAdmin] = [authorOf(actor), adminAmong(actor)];
  let users = part;
  for (let attempt = 0; attempt < ATTEMPTS && users.length > 0; attempt += 1) {
    const message = await nextSystemMessage(ports, conversationId, { event: 'joined', users, by });
    if (await ports.groupWriter.apply({ conversationId, message, add: users, ifAdmin, openHistory })) {
      return notifyMembers(ports, message, memberCount + users.length);
    }
    await requireAdmin(ports, actor, conversationId);
    users = await findAbsent(ports, conversationId, facts, actor, users);
  }
  if (users.length > 0) throw new UnavailableError();
}

/**
 * Returns the users who are not members. First completes removals that died halfway, since nobody else may retry them.
 */
async function findAbsent(
  ports: GroupChangePorts,
  conversationId: string,
  facts: GroupFacts,
  actor: Actor,
  users: readonly string[],
): Promise<readonly string[]> {
  const statuses = await ports.groups.getMembers(conversationId, users);
  const leaving = users.filter((user) => statuses.get(user)?.isLeaving === true);
  const author = { by: authorOf(actor), ifAdmin: adminAmong(actor) };
  for (const member of leaving) await remove(ports, conversationId, facts, { ...author, member });
  return users.filter((user) => statuses.get(user)?.isLeaving !== false);
}

/**
 * Removes a member: the user themselves, or anyone if the user is an admin. The member is marked as leaving before the
 * removal gets its seq, so messages with a higher seq don't reach them (IM-GROUP, IM-FAULT-14). The message about the
 * removal is the last that they get.
 * @throws {ConflictError} the member is the last admin of a group with other members
 */
export async function removeMember(
  ports: GroupChangePorts,
  userId: string,
  conversationId: string,
  member: string,
): Promise<void> {
  // A user who leaves may already be marked as leaving, and so no member: an attempt that died halfway can be retried.
  const isOwn = member === userId;
  const facts = isOwn
    ? await groupFacts(ports, userId, conversationId)
    : await requireAdmin(ports, userId, conversationId);
  if ((await statusOf(ports, conversationId, member)) === undefined) throw new NotFoundError();
  await ports.budget.debit(groupMessagePrice(facts.memberCount, 0));
  await watchChange(ports, { watchdogOf: conversationId, removal: { member, by: userId } });
  if (!(await ports.groupWriter.markAsLeaving(conversationId, member, isOwn ? undefined : userId))) {
    if (isOwn) throw new ConflictError('Name another admin first.');
    await requireAdmin(ports, userId, conversationId);
    throw new UnavailableError();
  }
  // The mark has decided: the member is out, even if the admin loses the role before the removal gets its seq.
  await completeRemoval(ports, conversationId, facts, { by: userId, member });
}

/** Gives the removal of a member who is marked as leaving its seq and its message. */
export async function completeRemoval(
  ports: GroupChangePorts,
  conversationId: string,
  facts: GroupFacts,
  removal: Removal,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await remove(ports, conversationId, facts, removal)) return;
    if ((await statusOf(ports, conversationId, removal.member))?.isLeaving !== true) return;
  }
  throw new UnavailableError();
}

/**
 * The watchdog job of a change: gives a removal its seq if its function died after the mark, and delivers what functions
 * that died have left in the outbox.
 */
export async function completeChange(
  ports: GroupChangePorts,
  { watchdogOf: conversationId, removal }: WatchdogJob,
): Promise<void> {
  const isHalfway = removal && (await statusOf(ports, conversationId, removal.member))?.isLeaving === true;
  const { group } = isHalfway ? await ports.conversations.head(conversationId) : {};
  if (isHalfway && group) await completeRemoval(ports, conversationId, group, removal);
  await sendPendingOf(ports, conversationId);
}

export async function statusOf(
  { groups }: Pick<GroupChangePorts, 'groups'>,
  conversationId: string,
  userId: string,
): Promise<MemberStatus | undefined> {
  return (await groups.getMembers(conversationId, [userId])).get(userId);
}

/** Removes a member marked as leaving. @returns false if another change has removed them, or has a higher seq */
async function remove(
  ports: GroupChangePorts,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  { by, member, ifAdmin }: Removal,
): Promise<boolean> {
  const event = member === by ? 'left' : 'removed';
  const message = await nextSystemMessage(ports, conversationId, { event, users: [member], by });
  const change = { conversationId, message, remove: [member], openHistory, ifAdmin };
  const isDone = await ports.groupWriter.apply(change);
  if (isDone) await notifyMembers(ports, message, memberCount);
  return isDone;
}
