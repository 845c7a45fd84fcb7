import type { Content, RecalledContent } from '../../../protocol/content.ts';
import type { RecalledPush } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { ForbiddenError, NotFoundError, RecallWindowPassedError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/json.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireCaller } from '../access/caller.ts';
import { enterConversation, requireMembership } from '../access/membership.ts';
import { type HintPorts, hint, hintToGroup } from '../delivery/deliver.ts';
import {
  type Conversation,
  type ConversationReader,
  type Head,
  memberCountOf,
  resolveConversation,
  type Target,
} from '../model/conversation.ts';
import type { MessageReader, MessageWriter, StoredMessage } from '../model/message.ts';
import type { Caller } from '../model/session.ts';

export interface RecallPorts extends HintPorts {
  readonly conversations: ConversationReader;
  readonly messages: MessageReader;
  readonly messageWriter: MessageWriter;
}

/**
 * Redacts a stored message. History, inbox, and `lastMessage` all read this one item, so every later read is redacted
 * (IM-FAULT-15). Then pushes a hint to the members who are online. Idempotent.
 * @throws {RecallWindowPassedError} the message is older than 2 minutes, and the caller is not an admin
 * @throws {ForbiddenError} another user's message and the caller is not an admin, or a system message
 * @throws {NotFoundError} no such message, or the user may not see it
 */
export async function recall(
  ports: RecallPorts,
  caller: Caller,
  { seq, ...target }: Target & { readonly seq: number },
): Promise<void> {
  const { userId } = caller;
  const conversation = resolveConversation(userId, target);
  const { conversationId } = conversation;
  const [{ membership, head }, page] = await settleAll([
    enter(ports, userId, conversation),
    ports.messages.page(conversationId, { after: seq - 1, limit: 1 }),
    requireCaller(ports, caller),
  ]);
  const [message] = page.messages;
  if (message?.seq !== seq || seq < membership.visibleFrom) throw new NotFoundError();
  const content: Content = JSON.parse(message.contentJson);
  const isAdmin = head?.group?.admins.includes(userId) === true;
  requireRight(message, content, userId, isAdmin);
  if (content.type === 'recalled') return;
  if (!isAdmin && ports.clock() - message.sentAt > LIMITS.recallWindowMs) throw new RecallWindowPassedError();
  const recalled: RecalledContent = { type: 'recalled', by: userId, at: ports.clock() };
  await ports.messageWriter.redact(message, canonicalJson(recalled, 'content'));
  const frame: RecalledPush = { type: 'recalled', conversationId, seq, by: userId, at: recalled.at };
  await hintRecall(ports, conversation, caller, frame, head);
}

/** Skips the head of a direct conversation: it has no admins. */
async function enter({ conversations }: RecallPorts, userId: string, conversation: Conversation) {
  if (conversation.kind !== 'direct') return enterConversation(conversations, userId, conversation);
  return { membership: await requireMembership(conversations, userId, conversation), head: undefined };
}

/** Applies to a message that was recalled before, too. */
function requireRight({ from }: StoredMessage, content: Content, userId: string, isAdmin: boolean): void {
  if (content.type === 'system') throw new ForbiddenError("System messages can't be recalled.");
  if (!isAdmin && from !== userId)
    throw new ForbiddenError('Only its sender or an admin may recall a message.');
}

async function hintRecall(
  ports: RecallPorts,
  conversation: Conversation,
  { userId, connectionId: exceptConnectionId }: Caller,
  frame: RecalledPush,
  head: Head | undefined,
): Promise<void> {
  if (conversation.kind === 'direct')
    return hint(ports, frame, { users: [userId, conversation.peer], exceptConnectionId });
  const memberCount = head === undefined ? 0 : memberCountOf(head);
  await hintToGroup(ports, conversation.conversationId, frame, { memberCount, exceptConnectionId });
}
