import { LIMITS } from '../../../protocol/limits.ts';
import { type Conversation, type Head, memberCountOf } from '../model/conversation.ts';
import type { GroupReader } from '../model/group.ts';

/**
 * The users who are told who reads and who types: the other user of a direct conversation, the members of one with up to
 * 100; of a larger one none.
 * @param head of a group or a support chat
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
