import type { GroupBody } from '../../../protocol/http.ts';
import { ForbiddenError, NotFoundError } from '../../shared/errors.ts';
import { requireMembership } from '../access/membership.ts';
import { type Actor, authorOf } from '../access/operator.ts';
import type { Budget } from '../model/budget.ts';
import {
  type ConversationReader,
  type ConversationWriter,
  type GroupConversation,
  type GroupFacts,
  resolveConversation,
} from '../model/conversation.ts';
import type { GroupReader, GroupWriter } from '../model/group.ts';
import type { GroupNotifyPorts } from './notify.ts';

export interface GroupReadPorts {
  readonly conversations: ConversationReader;
  readonly groups: GroupReader;
}

export interface GroupChangePorts extends GroupNotifyPorts, GroupReadPorts {
  readonly conversationWriter: ConversationWriter;
  readonly groupWriter: GroupWriter;
  readonly budget: Budget;
}

/** @throws {NotFoundError} not a group, or the user is not a member: the error doesn't say which (IM-SEND-7) */
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

/** @throws {ForbiddenError} a user who is not an admin */
export async function requireAdmin(
  ports: GroupReadPorts,
  actor: Actor,
  conversationId: string,
): Promise<GroupFacts> {
  if (typeof actor !== 'string') return groupFacts(ports, actor, conversationId);
  const facts = await requireGroup(ports, actor, conversationId);
  if (!facts.admins.includes(actor)) throw new ForbiddenError('Only an admin may do this.');
  return facts;
}

/**
 * Reads a group without a check of membership: for a caller that checks it otherwise, or the operator.
 * @throws {NotFoundError} not a group
 */
export async function groupFacts(
  ports: Pick<GroupReadPorts, 'conversations'>,
  actor: Actor,
  conversationId: string,
): Promise<GroupFacts> {
  return factsOf(ports, resolveGroup(authorOf(actor), conversationId).conversationId);
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

export function toBody(
  conversationId: string,
  { name, admins, memberCount, pins = 'admins', posting, slowModeSeconds = 0 }: GroupFacts,
): GroupBody {
  return { conversationId, name, admins, memberCount, pins, posting: posting ?? 'everyone', slowModeSeconds };
}
