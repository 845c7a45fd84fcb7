import type { ChangedPush, MessageChange } from '../../../protocol/frames.ts';
import { SYSTEM } from '../../../protocol/ids.ts';
import { type HintPorts, hint, hintToGroup } from '../delivery/deliver.ts';
import { anyConversation, type ConversationReader, memberCountOf } from '../model/conversation.ts';
import { type MessagePlace, type MessageReader, toMessage } from '../model/message.ts';

export interface AnnouncePorts extends HintPorts {
  readonly conversations: ConversationReader;
  readonly messages: MessageReader;
}

/** The last change of each message that an erasure wrote. */
export const ERASED: MessageChange = { kind: 'erased', by: SYSTEM };

/**
 * Pushes one of the messages that changed, the latest, to the members who are online. Their clients read from the feed what else
 * did: thousands of erased messages are one post a session (IM-ERASE-5). May be lost, as any hint.
 * @param upToMembers larger groups get no push. @default all get one
 */
export async function announceErasure(
  ports: AnnouncePorts,
  place: MessagePlace,
  upToMembers = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { conversationId } = place;
  const [message] = await ports.messages.getMany([place]);
  if (message === undefined) return;
  const frame: ChangedPush = { type: 'changed', conversationId, change: ERASED, message: toMessage(message) };
  const conversation = anyConversation({ conversationId });
  if (conversation.kind === 'direct') {
    await hint(ports, frame, { users: conversation.users });
    return;
  }
  const head = await ports.conversations.head(conversationId);
  const memberCount = memberCountOf(head);
  if (memberCount > upToMembers) return;
  // Members of a group with a closed history who joined later can see none of the messages.
  const joinedBy = head.group?.openHistory === false ? message.seq : undefined;
  await hintToGroup(ports, conversationId, frame, { memberCount, joinedBy });
}
