import { NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Conversation, ConversationReader, Head, Membership } from '../model/conversation.ts';

/**
 * What this user may see of the conversation. A direct one is its two users' from the start; a group or a support chat
 * of others can't be told from a missing one (IM-SEND-7).
 * @throws {NotFoundError} not a member
 */
export async function requireMembership(
  conversations: ConversationReader,
  userId: string,
  conversation: Conversation,
): Promise<Membership> {
  const { conversationId, kind } = conversation;
  const membership = await conversations.membership(userId, conversationId);
  if (membership !== undefined) return membership;
  if (kind !== 'direct') throw new NotFoundError();
  return { conversationId, readSeq: 0, visibleFrom: 1 };
}

export interface Entered {
  readonly membership: Membership;
  readonly head: Head;
}

/**
 * What one needs to know to act in a conversation: its head, and what this user may see of it.
 * @throws {NotFoundError} not a member
 */
export async function enterConversation(
  conversations: ConversationReader,
  userId: string,
  conversation: Conversation,
): Promise<Entered> {
  const [membership, head] = await settleAll([
    requireMembership(conversations, userId, conversation),
    conversations.head(conversation.conversationId),
  ]);
  return { membership, head };
}
