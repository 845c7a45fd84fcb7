import type { GroupBody } from '../../../protocol/http.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { chunk } from '../../shared/chunk.ts';
import { ConflictError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { deliverToGroup } from '../delivery/deliver.ts';
import { nextSystemMessage } from '../messages/system-message.ts';
import type { GroupFacts } from '../model/conversation.ts';
import type { StoredMessage } from '../model/message.ts';
import { referenceTo } from '../model/reference.ts';
import { type GroupChangePorts, groupFacts, requireAdmin, toBody } from './group.ts';

/** Members a transaction takes: two rows each, beside head and message, of at most 100. */
export const MEMBERS_PER_CHANGE = 40;
/** How often a change that met another one is begun anew, with a seq of its own each time. */
const ATTEMPTS = 4;

/** Those who are members already are passed over. @throws {ForbiddenError} not an admin */
export async function addMembers(
  ports: GroupChangePorts,
  userId: string,
  conversationId: string,
  members: readonly string[],
): Promise<GroupBody> {
  const facts = await requireAdmin(ports, userId, conversationId);
  const absent = await findAbsent(ports, conversationId, facts, userId, [...new Set(members)]);
  const memberCount = facts.memberCount + absent.length;
  if (memberCount > LIMITS.maxGroupMembers) {
    throw new ConflictError(`A group has at most ${LIMITS.maxGroupMembers} members.`);
  }
  for (const part of chunk(absent, MEMBERS_PER_CHANGE))
    await addPart(ports, conversationId, facts, userId, part);
  return toBody(conversationId, { ...facts, memberCount });
}

/** At most `MEMBERS_PER_CHANGE`: one transaction, one message. */
export async function addPart(
  ports: GroupChangePorts,
  conversationId: string,
  facts: GroupFacts,
  by: string,
  part: readonly string[],
): Promise<void> {
  const { openHistory, memberCount } = facts;
  let users = part;
  for (let attempt = 0; attempt < ATTEMPTS && users.length > 0; attempt += 1) {
    const message = await nextSystemMessage(ports, conversationId, { event: 'joined', users, by });
    if (await ports.groupWriter.apply({ conversationId, message, add: users, addedBy: by, openHistory })) {
      const joined = { memberCount: memberCount + users.length };
      await settleAll([
        deliverToGroup(ports, message, joined),
        backfillNewMembers(ports, message, users, joined.memberCount),
      ]);
      return;
    }
    await requireAdmin(ports, by, conversationId);
    users = await findAbsent(ports, conversationId, facts, by, users);
  }
  if (users.length > 0) throw new UnavailableError();
}

/**
 * Delivers to new members what overtook their addition: messages with a higher seq that were stored, and looked for members, before it was
 * committed. Read after the commit: what is stored later finds the new members by itself. Not to who has been removed since:
 * who is a member still, after the head was read, is removed at a seq above all of these.
 */
async function backfillNewMembers(
  ports: GroupChangePorts,
  { conversationId, seq }: StoredMessage,
  added: readonly string[],
  memberCount: number,
): Promise<void> {
  const { seq: head } = await ports.conversations.head(conversationId);
  if (head === seq) return;
  const statuses = await ports.groups.getMembers(conversationId, added);
  const users = added.filter((user) => {
    const { isLeaving, joinedSeq } = statuses.get(user) ?? { isLeaving: true };
    return !isLeaving && joinedSeq === seq;
  });
  if (users.length === 0) return;
  for (let after = seq, hasMore = after < head; hasMore; ) {
    const page = await ports.messages.page(conversationId, {
      after,
      before: head + 1,
      limit: LIMITS.pageMax,
    });
    const jobs = page.messages.map((message) => {
      return { conversationId, memberCount, what: { reference: referenceTo(message) }, users };
    });
    if (jobs.length > 0) await ports.fanOutQueue.enqueue(jobs);
    after = page.messages.at(-1)?.seq ?? head;
    hasMore = page.hasMore;
  }
}

/** Who isn't in it, once removals that died halfway are ended: nobody else may ever repeat those. */
async function findAbsent(
  ports: GroupChangePorts,
  conversationId: string,
  facts: GroupFacts,
  by: string,
  users: readonly string[],
): Promise<readonly string[]> {
  const statuses = await ports.groups.getMembers(conversationId, users);
  const leaving = users.filter((user) => statuses.get(user)?.isLeaving === true);
  for (const member of leaving) await remove(ports, conversationId, facts, by, member);
  return users.filter((user) => statuses.get(user)?.isLeaving !== false);
}

/**
 * Oneself, or another by an admin. First marked as leaving, then given a seq: what is sent after that seq finds no member
 * (IM-GROUP, IM-FAULT-14). Who is removed gets the message of the removal and nothing after.
 * @throws {ConflictError} the last admin, while others stay
 */
export async function removeMember(
  ports: GroupChangePorts,
  userId: string,
  conversationId: string,
  member: string,
): Promise<void> {
  // Who leaves need not be a member to those who look: an attempt that died before its message may be repeated.
  const facts =
    member === userId
      ? await groupFacts(ports, userId, conversationId)
      : await requireAdmin(ports, userId, conversationId);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const isIn = (await ports.groups.getMembers(conversationId, [member])).has(member);
    if (!isIn && attempt === 0) throw new NotFoundError();
    if (!isIn) return;
    if (!(await ports.groupWriter.markAsLeaving(conversationId, member)))
      throw new ConflictError('Name another admin first.');
    if (await remove(ports, conversationId, facts, userId, member)) return;
  }
  throw new UnavailableError();
}

/** One who is leaving. @returns false if another change did it, or has a higher seq */
async function remove(
  ports: GroupChangePorts,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  by: string,
  member: string,
): Promise<boolean> {
  const event = member === by ? 'left' : 'removed';
  const message = await nextSystemMessage(ports, conversationId, { event, users: [member], by });
  const isDone = await ports.groupWriter.apply({ conversationId, message, remove: [member], openHistory });
  if (isDone) await deliverToGroup(ports, message, { memberCount, also: [member] });
  return isDone;
}
