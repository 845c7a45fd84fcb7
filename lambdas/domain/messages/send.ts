import type { StoredContent } from '../../../protocol/content.ts';
import type { MessageRequest, SentBody } from '../../../protocol/frames.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { keepLease, requireLiveSession } from '../access/live-session.ts';
import { requestAgentCheck } from '../delivery/agent-check.ts';
import { deliver, deliverToGroup, type GroupDeliveryPorts } from '../delivery/deliver.ts';
import { type Pushed, tookAny } from '../delivery/push.ts';
import { prefetchMembers } from '../delivery/small-group.ts';
import {
  type Conversation,
  memberCountOf,
  resolveConversation,
  type SeqAllocation,
} from '../model/conversation.ts';
import type { DeskEvents } from '../model/desk-event.ts';
import { directMessageExtra, groupMessagePrice, MAX_CHEAP_MEMBERS } from '../model/prices.ts';
import type { Caller, Session } from '../model/session.ts';
import { removeLateCopies } from './attach.ts';
import { refuseSystemAsPeer } from './before-send.ts';
import { allocateSeq, type Committed, commit, type Draft, draft } from './store.ts';
import { type SeqPorts, takeSeq } from './take-seq.ts';

export interface SendPorts extends SeqPorts, GroupDeliveryPorts {
  readonly leaseMs: number;
  /** For checks of agents without a session. @default - no desk in this deployment */
  readonly deskEvents?: DeskEvents | undefined;
}

/**
 * Stores a message, then delivers it. Returns the ack (IM-SEND-1).
 *
 * @param caller the session that sends; `undefined` over HTTP and for services
 * @throws {ImError} the message was refused and nobody sees it; after `unavailable` and `internal` the outcome is unknown
 */
export async function send(
  ports: SendPorts,
  userId: string,
  request: MessageRequest,
  caller?: Caller,
): Promise<SentBody> {
  // 1. Parse: a malformed request fails here, before any call. The draft is what the sender wants; the hook may change it.
  const conversation = resolveConversation(userId, request);
  refuseSystemAsPeer(conversation);
  const wanted = draft(userId, request.clientMsgId, request.content, request);

  // 2. Check the caller's session and, at the same time, allocate a seq or find the original of a repeat.
  const reading = caller && readSender(ports, conversation, caller);
  const [sender, outcome] = await settleAll([
    reading,
    takeSeq(ports, conversation, wanted, { isResend: request.resend === true, reading }),
  ]);

  // 3. Commit: before it the message does not exist, after it the message is never lost. Charge for what it costs: a repeat,
  //    too, since it is delivered again.
  const reach = outcome.allocation ?? (await reachOfRepeat(ports, conversation));
  const [committed, prefetchedMembers] = await settleAll([
    outcome.original ?? store(ports, conversation, outcome.allocation, outcome.final),
    outcome.allocation && prefetchGroup(ports, conversation, outcome.allocation),
    payFor(ports, conversation, reach, outcome.final ?? wanted, sender?.prefetched),
  ]);

  if (committed.duplicate && outcome.copied !== undefined)
    await removeLateCopies(ports, committed.message, outcome.copied);

  // 4. Deliver. A repeat, too: its first attempt may have died before delivery. Prefetched sessions and members only
  //    save time: both are read again.
  const delivery = deliverTo(ports, conversation, committed, reach, {
    prefetched: sender?.prefetched,
    prefetchedMembers,
    exceptConnectionId: caller?.connectionId,
  });

  // 5. Meanwhile, extend the sender's lease if half of it has passed.
  await settleAll([delivery, sender && extendLease(ports, sender.session)]);

  // 6. Ack.
  const { clientMsgId, conversationId, messageId, seq, sentAt } = committed.message;
  const { duplicate } = committed;
  return { clientMsgId, conversationId, messageId, seq, sentAt, duplicate, ...rewritten(committed, wanted) };
}

/** What is stored, for its author, if it is not what was sent (IM-HOOK-3, IM-FILE-2). An edit or a recall since then is in the feed of changes. */
function rewritten(
  { message: { contentJson, rev = 0 } }: Committed,
  wanted: Draft,
): Pick<SentBody, 'content'> {
  if (rev > 0 || contentJson === wanted.contentJson) return {};
  return { content: JSON.parse(contentJson) as StoredContent };
}

interface Sender {
  readonly session: Session;
  /** In a direct conversation: all sessions of both users, before the commit. */
  readonly prefetched?: readonly Session[];
}

/** Step 2: reads the caller's session and, in a direct conversation, all sessions of both users in the same request. */
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

/** Whom a message reaches. */
interface Reach extends Pick<SeqAllocation, 'memberCount' | 'agent'> {
  /** The members of a large group were paid for before the seq. @default false */
  readonly isRepeat?: boolean;
}

/**
 * Step 3: pays for what the message costs beyond the frame: a long text, many devices, members.
 * @throws {RateLimitedError} a repeat to a large group, and the budget is used up: nothing is delivered
 */
async function payFor(
  { budget }: SendPorts,
  { kind }: Conversation,
  { memberCount, isRepeat }: Reach,
  { from, contentJson }: Draft,
  prefetched: readonly Session[] | undefined,
): Promise<void> {
  const contentBytes = Buffer.byteLength(contentJson);
  if (kind !== 'direct') {
    const price = groupMessagePrice(memberCount, contentBytes);
    if (isRepeat) await budget.debit(price);
    else if (memberCount <= MAX_CHEAP_MEMBERS) await budget.charge(price);
  } else if (prefetched !== undefined) {
    // One of the sessions is the sender's own.
    const isAway = prefetched.every(({ userId }) => userId === from);
    await budget.charge(directMessageExtra(contentBytes, prefetched.length - 1, isAway));
  }
}

const COMMIT_ATTEMPTS = 3;

/** Step 3: commits. If a repeat in the next volume has claimed the key, takes a seq there and tries again. */
async function store(
  ports: SendPorts,
  conversation: Conversation,
  first: SeqAllocation,
  wanted: Draft,
): Promise<Committed> {
  let allocation = first;
  for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt += 1) {
    const committed = await commit(ports, conversation.conversationId, allocation, wanted);
    if (committed !== undefined) return committed;
    // The first allocation has paid, and taken the turn.
    allocation = await allocateSeq(ports, conversation, wanted, { hasTurn: true });
  }
  throw new UnavailableError();
}

/** Step 3: reads the members of a small group during the commit. */
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

/** Step 4. In a support chat, also asks for a check of an agent without a session (IM-DESK-7). */
async function deliverTo(
  ports: SendPorts,
  conversation: Conversation,
  { message }: Committed,
  { memberCount, agent }: Reach,
  { prefetched, prefetchedMembers, exceptConnectionId }: DeliveryOptions,
): Promise<void> {
  if (conversation.kind === 'direct') {
    const { peer } = conversation;
    const audience = { users: [message.from, peer], recipients: [peer], exceptConnectionId, prefetched };
    const pushed = await deliver(ports, message, audience);
    // Over HTTP nobody has looked at the sessions before.
    if (prefetched === undefined) await chargeForPosts(ports, message, pushed, tookAny(pushed, peer));
    return;
  }
  const absent = await deliverToGroup(ports, message, { memberCount, prefetchedMembers, exceptConnectionId });
  if (agent !== undefined && absent.includes(agent)) await requestAgentCheck(ports, agent);
}

async function chargeForPosts(
  { budget }: SendPorts,
  { contentJson }: Committed['message'],
  { length: posts }: readonly Pushed[],
  isTaken: boolean,
): Promise<void> {
  await budget.charge(directMessageExtra(Buffer.byteLength(contentJson), posts, !isTaken));
}

/** A repeat allocated no seq, which would have returned the member count. */
async function reachOfRepeat(
  { conversations }: SendPorts,
  { conversationId, kind }: Conversation,
): Promise<Reach> {
  if (kind === 'direct') return { memberCount: 2, isRepeat: true };
  return { memberCount: memberCountOf(await conversations.head(conversationId)), isRepeat: true };
}

/** Step 5. Never throws: the lease is only presence, and the message is stored. */
async function extendLease({ routes, clock, leaseMs }: SendPorts, session: Session): Promise<void> {
  await keepLease(routes, session, leaseMs, clock()).catch(() => undefined);
}
