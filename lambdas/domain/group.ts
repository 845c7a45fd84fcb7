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
import type { GroupFacts } from './conversation.ts';
import { broadcastMessage, type FanOutPorts } from './fan-out.ts';
import { type GroupReadPorts, requireGroup, toBody } from './group-view.ts';
import type { StoredMessage } from './message.ts';
import { nextSystemMessage, systemMessage } from './system-message.ts';

export interface Member {
  readonly userId: string;
  readonly joinedSeq: number;
}

/** What a change does besides being a message. */
export interface GroupChange {
  readonly conversationId: string;
  readonly message: StoredMessage;
  readonly add?: readonly string[];
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
  /** @returns false if somebody else changed the same members meanwhile, and nothing was done */
  apply(change: GroupChange): Promise<boolean>;
  /**
   * From now on they are no members to anybody who looks, though their removal has no seq yet: whatever gets a seq after
   * this call is not for them (fault 14).
   */
  dismiss(conversationId: string, userIds: readonly string[]): Promise<void>;
  /** Ordered by user id, strictly after `after`; the dismissed are left out. */
  members(
    conversationId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly members: readonly Member[]; readonly more: boolean }>;
  /** Which of up to 100 users are members, the dismissed included. */
  among(conversationId: string, userIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface GroupPorts extends FanOutPorts, GroupReadPorts {}

/** Members a transaction takes: two rows each, beside head and message, of at most 100. */
const MEMBERS_PER_CHANGE = 40;

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
  const wanted = [...new Set(members)];
  const present = await ports.groups.among(conversationId, wanted);
  const fresh = wanted.filter((member) => !present.has(member));
  if (facts.memberCount + fresh.length > LIMITS.maxGroupMembers) {
    throw new ConflictError(`A group has at most ${LIMITS.maxGroupMembers} members.`);
  }
  for (const part of chunk(fresh, MEMBERS_PER_CHANGE))
    await addPart(ports, conversationId, facts, userId, part);
  return toBody(conversationId, { ...facts, memberCount: facts.memberCount + fresh.length });
}

async function addPart(
  ports: GroupPorts,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  by: string,
  users: readonly string[],
): Promise<void> {
  const message = await nextSystemMessage(ports, conversationId, { event: 'joined', users, by });
  const isDone = await ports.groups.apply({ conversationId, message, add: users, openHistory });
  if (!isDone) throw new UnavailableError();
  await broadcastMessage(ports, message, { memberCount: memberCount + users.length });
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
  const facts =
    member === userId
      ? await requireGroup(ports, userId, conversationId)
      : await requireAdmin(ports, userId, conversationId);
  const isLastAdmin = facts.admins.length === 1 && facts.admins[0] === member;
  if (isLastAdmin && facts.memberCount > 1) throw new ConflictError('Name another admin first.');
  // Those dismissed by an attempt that died before its message are still among them.
  if (!(await ports.groups.among(conversationId, [member])).has(member)) throw new NotFoundError();
  await ports.groups.dismiss(conversationId, [member]);
  const event = member === userId ? 'left' : 'removed';
  const message = await nextSystemMessage(ports, conversationId, { event, users: [member], by: userId });
  const { openHistory, memberCount } = facts;
  if (!(await ports.groups.apply({ conversationId, message, remove: [member], openHistory }))) return;
  await broadcastMessage(ports, message, { memberCount, also: [member] });
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
    if (unique.some((admin) => !present.has(admin))) {
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
