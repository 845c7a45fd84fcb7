import type { TypingPush } from '../../protocol/frames.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { settleAll } from '../shared/settle.ts';
import { memberCountOf, requireMembership, resolveConversation, type Target } from './conversation.ts';
import { type ConversationPorts, fewMembers, pushToUsers } from './read.ts';
import { noteHeard, requireLiveSession, type Speaker } from './session.ts';

/**
 * Tells the others that the speaker types, at most once in 2 s a sender. Of the typing nothing is stored; the one write,
 * a timestamp in the sender's own session, is the session's check and the limit at once.
 */
export async function tellTyping(
  ports: ConversationPorts,
  speaker: Speaker,
  { typing, ...target }: Target & { readonly typing: boolean },
): Promise<void> {
  const { userId } = speaker;
  const conversation = resolveConversation(userId, target);
  const { conversationId } = conversation;
  const isDirect = conversation.kind === 'direct';
  const [{ noted, session }, head] = await settleAll([
    ports.routes.noteTyping(speaker, ports.clock(), LIMITS.typingIntervalMs),
    isDirect ? undefined : ports.conversations.head(conversationId),
    isDirect ? undefined : requireMembership(ports.conversations, userId, conversation),
  ]);
  if (!noted) {
    requireLiveSession(session, speaker, ports.clock());
    return;
  }
  await noteHeard(ports.routes, session, ports.clock());
  const others =
    conversation.kind === 'direct'
      ? [conversation.peer]
      : await fewMembers(ports, conversationId, head === undefined ? 0 : memberCountOf(head));
  const frame: TypingPush = { type: 'typing', conversationId, userId, typing };
  await pushToUsers(
    ports,
    others.filter((other) => other !== userId),
    speaker.connectionId,
    JSON.stringify(frame),
  );
}
