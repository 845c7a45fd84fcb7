import type { UserPresence } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { settleAll } from '../../shared/settle.ts';
import { type CallerPorts, requireCaller } from '../access/caller.ts';
import { directHeads, hasBlocked, isPresenceShown } from '../access/direct.ts';
import { requireMembership } from '../access/membership.ts';
import type { Budget } from '../model/budget.ts';
import { type ConversationReader, resolveConversation } from '../model/conversation.ts';
import type { GroupReader } from '../model/group.ts';
import { presencePrice } from '../model/prices.ts';
import { type Caller, leaseTermMs, type Presence, takesPushes } from '../model/session.ts';

export interface PresencePorts extends CallerPorts {
  readonly conversations: ConversationReader;
  readonly groups: GroupReader;
  readonly budget: Budget;
  readonly leaseMs: number;
}

export interface PresenceRequest {
  readonly userIds?: readonly string[] | undefined;
  readonly conversationId?: string | undefined;
}

/**
 * Returns which of these users are online. The caller sees only members of the named group or support chat, and users with
 * whom they have talked: both have written in their direct conversation (IM-PRESENCE-2). All others, and those who have
 * blocked the caller, look like users who don't exist: offline, never seen (IM-REFUSE-4).
 */
export async function presenceOf(
  ports: PresencePorts,
  caller: Caller,
  request: PresenceRequest,
): Promise<UserPresence[]> {
  const [{ userIds, visible }] = await settleAll([
    findUsers(ports, caller.userId, request),
    requireCaller(ports, caller),
  ]);
  const shown = userIds.filter((userId) => visible.has(userId));
  const [presences] = await settleAll([
    ports.routes.presencesOf(shown, { mayBeStale: true }),
    ports.budget.charge(presencePrice(userIds.length)),
  ]);
  return userIds.map((userId) => toUserPresence(ports, userId, presences.get(userId)));
}

async function findUsers(ports: PresencePorts, userId: string, { userIds, conversationId }: PresenceRequest) {
  if (conversationId === undefined) {
    const wanted = [...new Set(userIds)];
    return { userIds: wanted, visible: await visibleAmong(ports, userId, wanted) };
  }
  const conversation = resolveConversation(userId, { conversationId });
  if (conversation.kind === 'direct') {
    return { userIds: conversation.users, visible: await visibleAmong(ports, userId, conversation.users) };
  }
  await requireMembership(ports.conversations, userId, conversation);
  const { members } = await ports.groups.members(conversationId, { limit: LIMITS.presenceUsers });
  const ids = members.map((member) => member.userId);
  const heads = await directHeads(ports.conversations, userId, ids);
  // Members need no message of both (IM-PRESENCE-2).
  return { userIds: ids, visible: new Set(ids.filter((id) => !hasBlocked(heads.get(id), id))) };
}

/**
 * Returns the user themselves, and those of `others` whose presence they may see. The heads are read strongly: a client asks
 * when it opens a conversation, right after its first message, and not again soon.
 */
async function visibleAmong(ports: PresencePorts, userId: string, others: readonly string[]) {
  const heads = await directHeads(ports.conversations, userId, others);
  const known = [...heads].flatMap(([other, head]) => (isPresenceShown(head, other, userId) ? [other] : []));
  return new Set([userId, ...known]);
}

function toUserPresence(
  { clock, leaseMs }: PresencePorts,
  userId: string,
  presence: Presence | undefined,
): UserPresence {
  const { sessions = [], seenAtMs } = presence ?? {};
  const now = clock();
  const online = sessions.some((session) => session.leaseUntilMs > now && takesPushes(session, now));
  // A silent session was last active when its lease was last extended.
  const lastActive = [
    ...sessions.map((session) => session.leaseUntilMs - leaseTermMs(session, leaseMs)),
    ...(seenAtMs === undefined ? [] : [seenAtMs]),
  ];
  return { userId, online, lastSeenAt: lastActive.length === 0 ? null : Math.max(...lastActive) };
}
