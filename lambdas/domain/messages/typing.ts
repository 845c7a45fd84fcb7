import { LIMITS } from '../../../protocol/limits.ts';
import { settleAll } from '../../shared/settle.ts';
import { isPresenceShown, requireNotBlocked } from '../access/direct.ts';
import { recordActivity, requireLiveSession } from '../access/live-session.ts';
import { headForHint } from '../access/membership.ts';
import { hint } from '../delivery/deliver.ts';
import type { PushPorts } from '../delivery/push.ts';
import type { Budget } from '../model/budget.ts';
import { type ConversationReader, resolveConversation, type Target } from '../model/conversation.ts';
import type { GroupReader } from '../model/group.ts';
import { hintPrice } from '../model/prices.ts';
import type { Caller } from '../model/session.ts';
import { hintedUsers } from './hinted-users.ts';

export interface TypingPorts extends PushPorts {
  readonly conversations: ConversationReader;
  readonly groups: GroupReader;
  readonly budget: Budget;
}

/**
 * Pushes a `typing` hint to the other members, at most once per session in 2 s. The only write is a timestamp in the
 * session, which both checks the session and enforces the limit. In a direct conversation it reaches those who may
 * see the sender's presence (IM-PRESENCE-2).
 * @throws {NotFoundError} the caller is not a member of the group or support chat
 * @throws {BlockedError} the peer has blocked the caller (IM-BLOCK-1)
 */
export async function hintTyping(
  ports: TypingPorts,
  caller: Caller,
  { typing, ...target }: Target & { readonly typing: boolean },
): Promise<void> {
  const { userId, connectionId } = caller;
  const conversation = resolveConversation(userId, target);
  const { conversationId } = conversation;
  const [{ noted, session }, head] = await settleAll([
    ports.routes.noteTyping(caller, ports.clock(), LIMITS.typingIntervalMs),
    headForHint(ports.conversations, userId, conversation),
  ]);
  if (!noted) {
    requireLiveSession(session, caller, ports.clock());
    return;
  }
  await recordActivity(ports.routes, session, ports.clock());
  if (conversation.kind === 'direct') {
    requireNotBlocked(head, conversation);
    if (!isPresenceShown(head, userId, conversation.peer)) return;
  }
  const members = await hintedUsers(ports.groups, conversation, head);
  const users = members.filter((member) => member !== userId);
  const frame = { type: 'typing', conversationId, userId, typing } as const;
  const posts = await hint(ports, frame, { users, exceptConnectionId: connectionId });
  await ports.budget.charge(hintPrice(users.length + 1, posts));
}
