import type { GroupBody } from '../../../protocol/http.ts';
import { ForbiddenError, NotFoundError } from '../../shared/errors.ts';
import {
  type ConversationTable,
  type GroupConversation,
  type GroupFacts,
  requireMembership,
  resolveConversation,
} from '../conversation.ts';
import type { FanOutPorts } from '../fan-out.ts';
import type { StoredMessage } from '../message.ts';

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

export interface GroupReadPorts {
  readonly conversations: ConversationTable;
  readonly groups: GroupTable;
}

export interface GroupPorts extends FanOutPorts, GroupReadPorts {}

/** @throws {NotFoundError} not a group, or not a member of it: the same words (IM-SEND-7) */
export async function requireGroup(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
): Promise<GroupFacts> {
  const conversation = resolveGroup(userId, conversationId);
  const [facts] = await Promise.all([
    factsOf(ports, conversationId),
    requireMembership(ports.conversations, userId, conversation),
  ]);
  return facts;
}

/** @throws {ForbiddenError} not an admin */
export async function requireAdmin(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
): Promise<GroupFacts> {
  const facts = await requireGroup(ports, userId, conversationId);
  if (!facts.admins.includes(userId)) throw new ForbiddenError('Only an admin may do this.');
  return facts;
}

/** For whom its members are counted otherwise. @throws {NotFoundError} not a group */
export async function groupFacts(
  ports: Pick<GroupReadPorts, 'conversations'>,
  userId: string,
  conversationId: string,
): Promise<GroupFacts> {
  return factsOf(ports, resolveGroup(userId, conversationId).conversationId);
}

async function factsOf(
  { conversations }: Pick<GroupReadPorts, 'conversations'>,
  conversationId: string,
): Promise<GroupFacts> {
  const { group } = await conversations.head(conversationId);
  if (group === undefined) throw new NotFoundError();
  return group;
}

function resolveGroup(userId: string, conversationId: string): GroupConversation {
  const conversation = resolveConversation(userId, { conversationId });
  if (conversation.kind !== 'group') throw new NotFoundError();
  return conversation;
}

export function toBody(conversationId: string, { name, admins, memberCount }: GroupFacts): GroupBody {
  return { conversationId, name, admins, memberCount };
}
