import type { Content, RecalledContent } from '../../protocol/content.ts';
import type { RecalledPush } from '../../protocol/frames.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { ForbiddenError, NotFoundError, RecallWindowPassedError } from '../shared/errors.ts';
import { canonicalJson } from '../shared/json.ts';
import { settleAll } from '../shared/settle.ts';
import {
  type Conversation,
  type ConversationTable,
  type Head,
  memberCountOf,
  requireMembership,
  resolveConversation,
  type Target,
} from './conversation.ts';
import { broadcastFrame, type FramePorts } from './fan-out.ts';
import type { MessageTable, StoredMessage } from './message.ts';
import { pushToUsers } from './read.ts';
import { noteHeard, requireLiveSession, type Speaker } from './session.ts';

export interface RecallPorts extends FramePorts {
  readonly conversations: ConversationTable;
  readonly messages: MessageTable;
}

/**
 * Redacts a message where it is stored, so that every read begun after this is redacted: history, inbox, and
 * `lastMessage` all come from there (fault 15). Then tells who is online. Again is fine.
 * @throws {RecallWindowPassedError} the sender's, after 2 minutes
 * @throws {ForbiddenError} another's, and one is no admin; or a system message
 * @throws {NotFoundError} no such message, or not for this user to see
 */
export async function recall(
  ports: RecallPorts,
  speaker: Speaker,
  { seq, ...target }: Target & { readonly seq: number },
): Promise<void> {
  const { userId } = speaker;
  const conversation = resolveConversation(userId, target);
  const { conversationId } = conversation;
  const [session, head, membership, page] = await settleAll([
    ports.routes.find(userId, speaker.deviceId),
    conversation.kind === 'direct' ? undefined : ports.conversations.head(conversationId),
    requireMembership(ports.conversations, userId, conversation),
    ports.messages.page(conversationId, { after: seq - 1, limit: 1 }),
  ]);
  const live = requireLiveSession(session, speaker, ports.clock());
  await noteHeard(ports.routes, live, ports.clock());
  const [message] = page.messages;
  if (message?.seq !== seq || seq < membership.visibleFrom) throw new NotFoundError();
  const content: Content = JSON.parse(message.contentJson);
  const isAdmin = head?.group?.admins.includes(userId) === true;
  requireRight(message, content, userId, isAdmin);
  if (content.type === 'recalled') return;
  if (!isAdmin && ports.clock() - message.sentAt > LIMITS.recallWindowMs) throw new RecallWindowPassedError();
  const recalled: RecalledContent = { type: 'recalled', by: userId, at: ports.clock() };
  await ports.messages.redact(message, canonicalJson(recalled, 'content'));
  await tell(
    ports,
    conversation,
    speaker,
    { type: 'recalled', conversationId, seq, by: userId, at: recalled.at },
    head,
  );
}

/** Of one that is recalled already, too. */
function requireRight({ from }: StoredMessage, content: Content, userId: string, isAdmin: boolean): void {
  if (content.type === 'system') throw new ForbiddenError("System messages can't be recalled.");
  if (!isAdmin && from !== userId)
    throw new ForbiddenError('Only its sender or an admin may recall a message.');
}

async function tell(
  ports: RecallPorts,
  conversation: Conversation,
  { userId, connectionId }: Speaker,
  frame: RecalledPush,
  head: Head | undefined,
): Promise<void> {
  if (conversation.kind === 'direct') {
    return pushToUsers(ports, [userId, conversation.peer], connectionId, JSON.stringify(frame));
  }
  const memberCount = head === undefined ? 0 : memberCountOf(head);
  await broadcastFrame(ports, conversation.conversationId, frame, {
    memberCount,
    exceptConnectionId: connectionId,
  });
}
