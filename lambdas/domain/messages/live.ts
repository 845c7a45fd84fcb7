import type { PlainContent } from '../../../protocol/content.ts';
import type { LivePush } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireNotBlocked } from '../access/direct.ts';
import { keepLease, requireLiveSession } from '../access/live-session.ts';
import { headForHint } from '../access/membership.ts';
import { requireMayPost } from '../access/posting.ts';
import { findSessions } from '../delivery/find-sessions.ts';
import { type PushPorts, pushToAll } from '../delivery/push.ts';
import type { Budget } from '../model/budget.ts';
import {
  type Conversation,
  type ConversationReader,
  type Head,
  resolveConversation,
  type Target,
} from '../model/conversation.ts';
import type { GroupReader } from '../model/group.ts';
import { hintPrice } from '../model/prices.ts';
import type { Caller, Session } from '../model/session.ts';
import type { AskPorts } from './before-send.ts';
import { hintedUsers } from './hinted-users.ts';
import type { LiveLimit } from './live-limit.ts';
import { contentJsonOf } from './store.ts';

export interface LivePorts extends PushPorts, Pick<AskPorts, 'hook'> {
  readonly conversations: ConversationReader;
  readonly groups: GroupReader;
  readonly budget: Budget;
  readonly liveLimit: LiveLimit;
  readonly leaseMs: number;
}

export interface LiveRequest extends Target {
  readonly liveId: string;
  readonly index: number;
  readonly content: PlainContent | null;
}

/**
 * Pushes a text that is still being written, as a hint (IM-LIVE): to the sender's other sessions, and to the members of a
 * conversation of up to 100. Stores nothing. The one read of routes finds the caller's session, too.
 * @throws {PayloadTooLargeError} the content exceeds 16,384 bytes as canonical JSON
 * @throws {NotFoundError} the caller is not a member of the group or support chat
 * @throws {BlockedError} the peer has blocked the caller (IM-BLOCK-1)
 * @throws {ForbiddenError} only admins may write in the group (IM-BUDGET-5)
 */
export async function passOnLive(
  ports: LivePorts,
  caller: Caller,
  { liveId, index, content, ...target }: LiveRequest,
): Promise<void> {
  const { userId, connectionId } = caller;
  const conversation = resolveConversation(userId, target);
  const { conversationId } = conversation;
  if (content !== null) contentJsonOf({ content });
  // A hint, so it may be lost: nobody sees content that the hook has not seen (IM-HOOK-5).
  if (ports.hook !== undefined) return;
  // `null` has its own rate limit: no later frame says again that the text was cancelled.
  const turn = JSON.stringify([conversationId, userId, liveId, content === null]);
  if (!ports.liveLimit.admits(turn, ports.clock())) return;
  const { head, users, sessions } = await findAudience(ports, userId, conversation);
  const own = sessions.find((session) => session.connectionId === connectionId);
  const session = requireLiveSession(own, caller, ports.clock());
  if (conversation.kind === 'direct') requireNotBlocked(head, conversation);
  requireMayPost(userId, head.group);
  // A stranger gets a message first, which counts as one of the day (IM-BUDGET-3).
  const isBegun = conversation.kind !== 'direct' || head.seq > 0;
  const others = sessions.filter((one) => one !== own && (isBegun || one.userId === userId));
  const frame: LivePush = { type: 'live', conversationId, from: userId, liveId, index, content };
  const text = JSON.stringify(frame);
  await settleAll([
    pushToAll(ports, others, text),
    ports.budget.charge(hintPrice(users.length, others.length, Buffer.byteLength(text))),
  ]);
  // A client that keeps writing sends no heartbeats. A failure is ignored, since the lease is only presence.
  await keepLease(ports.routes, session, ports.leaseMs, ports.clock()).catch(() => undefined);
}

interface LiveAudience {
  readonly head: Head;
  readonly users: readonly string[];
  readonly sessions: readonly Session[];
}

/** The sessions of the sender and of the members. In a direct conversation the two reads don't wait for each other. */
async function findAudience(
  ports: LivePorts,
  userId: string,
  conversation: Conversation,
): Promise<LiveAudience> {
  const reading = headForHint(ports.conversations, userId, conversation);
  if (conversation.kind === 'direct') {
    const users = [userId, conversation.peer];
    const [head, sessions] = await settleAll([reading, findSessions(ports, users)]);
    return { head, users, sessions };
  }
  const head = await reading;
  const members = await hintedUsers(ports.groups, conversation, head);
  const users = [...new Set([userId, ...members])].slice(0, LIMITS.readPushMembers);
  return { head, users, sessions: await findSessions(ports, users) };
}
