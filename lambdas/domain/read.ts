import type { ReadPush } from '../../protocol/frames.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { InvalidRequestError } from '../shared/errors.ts';
import { settleAll } from '../shared/settle.ts';
import {
  type ConversationTable,
  memberCountOf,
  requireMembership,
  resolveConversation,
  type Target,
} from './conversation.ts';
import { type PushPorts, pushTo } from './delivery.ts';
import type { GroupTable } from './group/group.ts';
import { noteHeard, requireLiveSession, type Speaker } from './session.ts';

export interface ConversationPorts extends PushPorts {
  readonly conversations: ConversationTable;
  readonly groups: GroupTable;
}

/**
 * Moves the reader's cursor forward, never back, and tells those whom it concerns: the reader's other sessions and, in
 * conversations of up to 100 members, the others. The pushes are hints; the cursor is in `GET /conversations`.
 */
export async function markRead(
  ports: ConversationPorts,
  speaker: Speaker,
  { seq, ...target }: Target & { readonly seq: number },
): Promise<void> {
  const { userId } = speaker;
  const conversation = resolveConversation(userId, target);
  const { conversationId } = conversation;
  const [session, head, membership] = await settleAll([
    ports.routes.find(userId, speaker.deviceId),
    ports.conversations.head(conversationId),
    requireMembership(ports.conversations, userId, conversation),
  ]);
  const live = requireLiveSession(session, speaker, ports.clock());
  await noteHeard(ports.routes, live, ports.clock());
  if (seq > head.seq) throw new InvalidRequestError([{ path: 'seq', message: 'is beyond the head' }]);
  if (seq <= membership.readSeq || !(await ports.conversations.advanceRead(userId, conversationId, seq)))
    return;
  const others =
    conversation.kind === 'direct'
      ? [conversation.peer]
      : await fewMembers(ports, conversationId, memberCountOf(head));
  const frame: ReadPush = { type: 'read', conversationId, userId, seq };
  await pushToUsers(ports, [userId, ...others], speaker.connectionId, JSON.stringify(frame));
}

/** The members of a group that is small enough to tell them who reads and who types; else none. */
export async function fewMembers(
  { groups }: Pick<ConversationPorts, 'groups'>,
  conversationId: string,
  memberCount: number,
): Promise<readonly string[]> {
  if (memberCount > LIMITS.readPushMembers) return [];
  const { members } = await groups.members(conversationId, { limit: LIMITS.readPushMembers });
  return members.map(({ userId }) => userId);
}

export async function pushToUsers(
  ports: PushPorts,
  userIds: readonly string[],
  exceptConnectionId: string,
  text: string,
): Promise<void> {
  const routes = await ports.routes.sessionsOf([...new Set(userIds)].slice(0, LIMITS.readPushMembers));
  const sessions = [...routes.values()]
    .flat()
    .filter(({ connectionId }) => connectionId !== exceptConnectionId);
  await pushTo(ports, sessions, text);
}
