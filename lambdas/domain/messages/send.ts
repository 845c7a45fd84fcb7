import type { MessageRequest, Sent } from '../../../protocol/frames.ts';
import { ForbiddenError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { keepLease, requireLiveSession } from '../access/live-session.ts';
import { requireMembership } from '../access/membership.ts';
import { requestAgentCheck } from '../delivery/agent-check.ts';
import { deliver, deliverToGroup, type GroupDeliveryPorts } from '../delivery/deliver.ts';
import { prefetchMembers } from '../delivery/small-group.ts';
import {
  type Conversation,
  type ConversationReader,
  memberCountOf,
  resolveConversation,
  type SeqAllocation,
} from '../model/conversation.ts';
import type { DeskEvents } from '../model/desk-event.ts';
import type { Caller, Session } from '../model/session.ts';
import {
  allocateSeq,
  type Committed,
  commit,
  type Draft,
  draft,
  findEarlier,
  type StorePorts,
} from './store.ts';

export interface SendPorts extends StorePorts, GroupDeliveryPorts {
  readonly conversations: ConversationReader;
  readonly leaseMs: number;
  /** Of a deployment with a desk: hears of agents who seem to be gone. */
  readonly deskEvents?: DeskEvents | undefined;
}

/**
 * Stores a message, then delivers it; what it returns is the ack (IM-SEND-1).
 *
 * @param caller the session that sends; none over HTTP and for services
 * @throws {ImError} refused, and nothing is visible to anyone; but after `unavailable` the outcome is unknown
 */
export async function send(
  ports: SendPorts,
  userId: string,
  request: MessageRequest,
  caller?: Caller,
): Promise<Sent> {
  // 1. What is to be stored, and where. What is malformed ends here, before any call.
  const conversation = resolveConversation(userId, request);
  const wanted = draft(userId, request.clientMsgId, request.content);

  // 2. May it be sent, and as what? At once: the caller's session, and the next seq, or the original of a repeat.
  const [sender, place] = await settleAll([
    caller && readSender(ports, conversation, caller),
    findPlace(ports, conversation, wanted, request.resend === true),
  ]);

  // 3. The commit: before it nobody knows of the message, after it it is never lost.
  const [committed, prefetchedMembers] = await settleAll([
    place.original ?? commit(ports, conversation.conversationId, place.allocation.seq, wanted),
    place.allocation && prefetchGroup(ports, conversation, place.allocation),
  ]);

  // 4. Delivery, also of a repeat: its first attempt may have died in between. What was prefetched saves a wait and
  //    decides nothing: sessions and members are read again.
  const delivery = deliverTo(ports, conversation, committed, place.allocation, {
    prefetched: sender?.prefetched,
    prefetchedMembers,
    exceptConnectionId: caller?.connectionId,
  });

  // 5. Beside it, the sender's lease.
  await settleAll([delivery, sender && extendLease(ports, sender.session)]);

  // 6. The ack.
  const { clientMsgId, conversationId, messageId, seq, sentAt } = committed.message;
  return { clientMsgId, conversationId, messageId, seq, sentAt, duplicate: committed.duplicate };
}

interface Sender {
  readonly session: Session;
  /** Of a direct conversation: where the message will probably go. */
  readonly prefetched?: readonly Session[];
}

/** Step 2: the caller's session; in a direct conversation, by the same request, all sessions of both users. */
async function readSender(
  { routes, clock }: SendPorts,
  conversation: Conversation,
  caller: Caller,
): Promise<Sender> {
  const { userId, deviceId } = caller;
  if (conversation.kind !== 'direct')
    return { session: requireLiveSession(await routes.find(userId, deviceId), caller, clock()) };
  const sessions = await routes.sessionsOf(conversation.users);
  const own = sessions.get(userId)?.find((session) => session.deviceId === deviceId);
  return { session: requireLiveSession(own, caller, clock()), prefetched: [...sessions.values()].flat() };
}

/** The seq that the message gets, or the original that it repeats. */
type Place =
  | { readonly allocation: SeqAllocation; readonly original?: undefined }
  | { readonly original: Committed; readonly allocation?: undefined };

/**
 * Step 2: a member of a group is known as such before a seq is allocated: an outsider must leave no trace, not even a hole.
 * A repeat that says so (`resend`) looks for its original first, and leaves no hole either.
 */
async function findPlace(
  ports: SendPorts,
  conversation: Conversation,
  wanted: Draft,
  isResend: boolean,
): Promise<Place> {
  const { conversationId } = conversation;
  if (conversation.kind !== 'direct') await requireMembership(ports.conversations, wanted.from, conversation);
  const earlier = isResend ? await findEarlier(ports, conversationId, wanted) : undefined;
  if (earlier !== undefined) return { original: earlier };
  try {
    return { allocation: await allocateSeq(ports, conversation, wanted) };
  } catch (error) {
    // A support chat was closed meanwhile: a message that was stored before keeps its ack (IM-SEND-2).
    const isClosed = error instanceof ForbiddenError && !isResend;
    const original = isClosed ? await findEarlier(ports, conversationId, wanted) : undefined;
    if (original === undefined) throw error;
    return { original };
  }
}

/** Step 3: beside the commit, the members of a small group. */
async function prefetchGroup(
  ports: SendPorts,
  { kind, conversationId }: Conversation,
  { memberCount }: SeqAllocation,
): Promise<readonly string[] | undefined> {
  return kind === 'direct' ? undefined : prefetchMembers(ports, conversationId, memberCount);
}

interface DeliveryOptions {
  readonly prefetched: readonly Session[] | undefined;
  readonly prefetchedMembers: readonly string[] | undefined;
  readonly exceptConnectionId: string | undefined;
}

/** Step 4. Of a support chat it is also noticed here that its agent is gone (IM-DESK-7). */
async function deliverTo(
  ports: SendPorts,
  conversation: Conversation,
  { message }: Committed,
  allocation: SeqAllocation | undefined,
  { prefetched, prefetchedMembers, exceptConnectionId }: DeliveryOptions,
): Promise<void> {
  if (conversation.kind === 'direct') {
    const { peer } = conversation;
    const audience = { users: [message.from, peer], recipients: [peer], exceptConnectionId, prefetched };
    await deliver(ports, message, audience);
    return;
  }
  const { memberCount, agent } = allocation ?? (await readSize(ports, conversation));
  const absent = await deliverToGroup(ports, message, { memberCount, prefetchedMembers, exceptConnectionId });
  if (agent !== undefined && absent.includes(agent)) await requestAgentCheck(ports, agent);
}

/** A repeat allocated no seq, and so wasn't told. */
async function readSize(
  { conversations }: SendPorts,
  { conversationId }: Conversation,
): Promise<{ memberCount: number; agent?: undefined }> {
  return { memberCount: memberCountOf(await conversations.head(conversationId)) };
}

/** Step 5. The lease is presence: never a reason to fail a stored message. */
async function extendLease({ routes, clock, leaseMs }: SendPorts, session: Session): Promise<void> {
  await keepLease(routes, session, leaseMs, clock()).catch(() => undefined);
}
