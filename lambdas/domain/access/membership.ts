import { NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Conversation, ConversationReader, Head, Membership } from '../model/conversation.ts';

/**
 * Returns what this user may see of the conversation. The two users of a direct conversation are members before its
 * first message. Someone else's group or support chat looks the same as a missing one (IM-SEND-7).
 * @throws {NotFoundError} the user is not a member
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
 * Reads the head of a conversation for a hint. The two users of a direct one need no check of their membership.
 * @throws {NotFoundError} the user is not a member of the group or support chat
 */
export async function headForHint(
  conversations: ConversationReader,
  userId: string,
  conversation: Conversation,
): Promise<Head> {
  if (conversation.kind === 'direct') return conversations.head(conversation.conversationId);
  return (await enterConversation(conversations, userId, conversation)).head;
}

/**
 * Reads what an action in a conversation needs: its head, and what this user may see of it.
 * @throws {NotFoundError} the user is not a member
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
