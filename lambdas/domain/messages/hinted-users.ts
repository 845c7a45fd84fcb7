import { LIMITS } from '../../../protocol/limits.ts';
import { type Conversation, type Head, memberCountOf } from '../model/conversation.ts';
import type { GroupReader } from '../model/group.ts';

/**
 * Returns the users who get `read` and `typing` pushes: the peer of a direct conversation, or the members of a group or
 * support chat with up to 100 members. Larger groups get none.
 * @param head only for a group or a support chat
 */
export async function hintedUsers(
  groups: GroupReader,
  conversation: Conversation,
  head: Head | undefined,
): Promise<readonly string[]> {
  if (conversation.kind === 'direct') return [conversation.peer];
  if (head === undefined || memberCountOf(head) > LIMITS.readPushMembers) return [];
  const { members } = await groups.members(conversation.conversationId, { limit: LIMITS.readPushMembers });
  return members.map(({ userId }) => userId);
}
