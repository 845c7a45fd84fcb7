import { ulid } from 'ulid';
import type { SystemContent } from '../../protocol/content.ts';
import type { GroupBody } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { chunk } from '../shared/chunk.ts';
import {
  ConflictError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  UnavailableError,
} from '../shared/errors.ts';
import { settleAll } from '../shared/settle.ts';
import type { GroupFacts } from './conversation.ts';
import { broadcastMessage, type FanOutPorts } from './fan-out.ts';
import { type GroupReadPorts, groupFacts, requireGroup, toBody } from './group-view.ts';
import type { StoredMessage } from './message.ts';
import { referenceTo } from './offline.ts';
import { nextSystemMessage, systemMessage } from './system-message.ts';

export interface Member {
  readonly userId: string;
  readonly joinedSeq: number;
}

export interface Standing extends Member {
  /** A removal has begun, and has no seq yet. */
  readonly isDismissed: boolean;
}

/** What a change does besides being a message. */
export interface GroupChange {
  readonly conversationId: string;
  readonly message: StoredMessage;
  readonly add?: readonly string[];
  /** Who adds: an admin still. @default - nobody asks */
  readonly addedBy?: string;
  readonly remove?: readonly string[];
  readonly name?: string;
  readonly admins?: readonly string[];
  readonly openHistory: boolean;
}

/**
 * Groups and their members. Each change of members is one transaction with its message, so that both are there or
 * neither; a change names at most 40 members.
 */
export interface GroupTable {
  create(facts: GroupFacts, members: readonly string[], message: StoredMessage): Promise<void>;
  /**
   * Changes of one user's membership take effect in the order of their seqs; only the dismissed are removed, only members
   * named as admins.
   * @returns false if somebody else changed the same members meanwhile, or removed some at a higher seq, or who adds is no
   *   admin any more: nothing was done
   */
  apply(change: GroupChange): Promise<boolean>;
  /**
   * From now on they are no member to anybody who looks or counts, and no admin, though their removal has no seq yet:
   * whatever gets a seq after this call is not for them (fault 14). Again is fine.
   * @returns false for the last admin, while others stay: nothing was done
   */
  dismiss(conversationId: string, userId: string): Promise<boolean>;
  /** Ordered by user id, strictly after `after`; the dismissed are left out. */
  members(
    conversationId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly members: readonly Member[]; readonly more: boolean }>;
  /** Of up to 100 users; who is no member is left out. */
  among(conversationId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, Standing>>;
}

export interface GroupPorts extends FanOutPorts, GroupReadPorts {}

/** Members a transaction takes: two rows each, beside head and message, of at most 100. */
const MEMBERS_PER_CHANGE = 40;
/** How often a change that met another one is begun anew, with a seq of its own each time. */
const ATTEMPTS = 4;

/** Makes a group of the creator, who is its admin, and the members; they hear of it at once (IM-GROUP). */
export async function createGroup(
  ports: GroupPorts,
  userId: string,
  request: { readonly name: string; readonly members: readonly string[]; readonly openHistory: boolean },
): Promise<GroupBody> {
  const others = [...new Set(request.members)].filter((member) => member !== userId);
  const [first = [], ...rest] = chunk(others, MEMBERS_PER_CHANGE - 1);
  const members = [userId, ...first];
  const facts = {
    name: request.name,
    admins: [userId],
    memberCount: members.length,
    openHistory: request.openHistory,
  };
  const conversationId = `g:${ulid(ports.clock())}`;
  const content = { event: 'created', users: members, name: request.name, by: userId } as const;
  const message = systemMessage(ports, conversationId, 1, content);
  await ports.groups.create(facts, members, message);
  await broadcastMessage(ports, message, { memberCount: members.length });
  for (const part of rest) await addPart(ports, conversationId, facts, userId, part);
  return toBody(conversationId, { ...facts, memberCount: others.length + 1 });
}

/** Those who are members already are passed over. @throws {ForbiddenError} not an admin */
export async function addMembers(
  ports: GroupPorts,
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

async function addPart(
  ports: GroupPorts,
  conversationId: string,
  facts: GroupFacts,
  by: string,
  part: readonly string[],
): Promise<void> {
  const { openHistory, memberCount } = facts;
  let users = part;
  for (let attempt = 0; attempt < ATTEMPTS && users.length > 0; attempt += 1) {
    const message = await nextSystemMessage(ports, conversationId, { event: 'joined', users, by });
    if (await ports.groups.apply({ conversationId, message, add: users, addedBy: by, openHistory })) {
      const joined = { memberCount: memberCount + users.length };
      await settleAll([
        broadcastMessage(ports, message, joined),
        handOutOvertaken(ports, message, users, joined.memberCount),
      ]);
      return;
    }
    await requireAdmin(ports, by, conversationId);
    users = await findAbsent(ports, conversationId, facts, by, users);
  }
  if (users.length > 0) throw new UnavailableError();
}

/**
 * Hands out what overtook an addition: messages with a higher seq that were stored, and looked for members, before it was
 * committed. Read after the commit: what is stored later finds the new members by itself. Not to who has been removed since:
 * who is a member still, after the head was read, is removed at a seq above all of these.
 */
async function handOutOvertaken(
  ports: GroupPorts,
  { conversationId, seq }: StoredMessage,
  added: readonly string[],
  memberCount: number,
): Promise<void> {
  const { seq: head } = await ports.conversations.head(conversationId);
  if (head === seq) return;
  const standings = await ports.groups.among(conversationId, added);
  const users = added.filter((user) => {
    const { isDismissed, joinedSeq } = standings.get(user) ?? { isDismissed: true };
    return !isDismissed && joinedSeq === seq;
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
    if (jobs.length > 0) await ports.fanOut.enqueue(jobs);
    after = page.messages.at(-1)?.seq ?? head;
    hasMore = page.hasMore;
  }
}

/** Who isn't in it, once removals that died halfway are ended: nobody else may ever repeat those. */
async function findAbsent(
  ports: GroupPorts,
  conversationId: string,
  facts: GroupFacts,
  by: string,
  users: readonly string[],
): Promise<readonly string[]> {
  const standings = await ports.groups.among(conversationId, users);
  const dismissed = users.filter((user) => standings.get(user)?.isDismissed === true);
  for (const member of dismissed) await remove(ports, conversationId, facts, by, member);
  return users.filter((user) => standings.get(user)?.isDismissed !== false);
}

/**
 * Oneself, or another by an admin. First dismissed, then given a seq: what is sent after that seq finds no member
 * (IM-GROUP, fault 14). Who is removed gets the message of the removal and nothing after.
 * @throws {ConflictError} the last admin, while others stay
 */
export async function removeMember(
  ports: GroupPorts,
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
    const isIn = (await ports.groups.among(conversationId, [member])).has(member);
    if (!isIn && attempt === 0) throw new NotFoundError();
    if (!isIn) return;
    if (!(await ports.groups.dismiss(conversationId, member)))
      throw new ConflictError('Name another admin first.');
    if (await remove(ports, conversationId, facts, userId, member)) return;
  }
  throw new UnavailableError();
}

/** One who is dismissed. @returns false if somebody else did it, or made a change at a higher seq */
async function remove(
  ports: GroupPorts,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  by: string,
  member: string,
): Promise<boolean> {
  const event = member === by ? 'left' : 'removed';
  const message = await nextSystemMessage(ports, conversationId, { event, users: [member], by });
  const isDone = await ports.groups.apply({ conversationId, message, remove: [member], openHistory });
  if (isDone) await broadcastMessage(ports, message, { memberCount, also: [member] });
  return isDone;
}

/** Renames, or names the admins; each is a message. @throws {ForbiddenError} not an admin */
export async function updateGroup(
  ports: GroupPorts,
  userId: string,
  conversationId: string,
  { name, admins }: { readonly name?: string | undefined; readonly admins?: readonly string[] | undefined },
): Promise<GroupBody> {
  let facts = await requireAdmin(ports, userId, conversationId);
  if (name !== undefined && name !== facts.name) {
    await change(ports, conversationId, facts, { event: 'renamed', name, by: userId }, { name });
    facts = { ...facts, name };
  }
  if (admins !== undefined) {
    const unique = [...new Set(admins)];
    const present = await ports.groups.among(conversationId, unique);
    if (unique.some((admin) => present.get(admin)?.isDismissed !== false)) {
      throw new InvalidRequestError([{ path: 'admins', message: 'must be members' }]);
    }
    await change(
      ports,
      conversationId,
      facts,
      { event: 'admins', users: unique, by: userId },
      { admins: unique },
    );
    facts = { ...facts, admins: unique };
  }
  return toBody(conversationId, facts);
}

async function change(
  ports: GroupPorts,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  content: Omit<SystemContent, 'type'>,
  what: Pick<GroupChange, 'name' | 'admins'>,
): Promise<void> {
  const message = await nextSystemMessage(ports, conversationId, content);
  if (!(await ports.groups.apply({ conversationId, message, openHistory, ...what })))
    throw new UnavailableError();
  await broadcastMessage(ports, message, { memberCount });
}

async function requireAdmin(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
): Promise<GroupFacts> {
  const facts = await requireGroup(ports, userId, conversationId);
  if (!facts.admins.includes(userId)) throw new ForbiddenError('Only an admin may do this.');
  return facts;
}
