import type { FileContent, StoredContent } from '../../../protocol/content.ts';
import type { MessageRequest, SentBody } from '../../../protocol/frames.ts';
import {
  BlockedContentError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  NoVerdictError,
  RateLimitedError,
  UnavailableError,
} from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { keepLease, requireLiveSession } from '../access/live-session.ts';
import { requireMembership } from '../access/membership.ts';
import { requestAgentCheck } from '../delivery/agent-check.ts';
import { deliver, deliverToGroup, type GroupDeliveryPorts } from '../delivery/deliver.ts';
import { type Pushed, tookAny } from '../delivery/push.ts';
import { prefetchMembers } from '../delivery/small-group.ts';
import type { Budget } from '../model/budget.ts';
import {
  type Conversation,
  type ConversationReader,
  type Head,
  type Membership,
  memberCountOf,
  resolveConversation,
  type SeqAllocation,
  type Turn,
} from '../model/conversation.ts';
import type { DeskEvents } from '../model/desk-event.ts';
import { messageAt } from '../model/message.ts';
import { directMessageExtra, groupMessagePrice, MAX_CHEAP_MEMBERS } from '../model/prices.ts';
import type { Caller, Session } from '../model/session.ts';
import { type AttachPorts, copyFiles, removeLateCopies, withRecords } from './attach.ts';
import { type AskPorts, askHook, refuseSystemAsPeer, requireMaySend } from './before-send.ts';
import {
  allocateSeq,
  type Committed,
  commit,
  contentJsonOf,
  type Draft,
  draft,
  findEarlier,
  requireMayMention,
  type StorePorts,
} from './store.ts';

export interface SendPorts extends StorePorts, GroupDeliveryPorts, AskPorts, AttachPorts {
  readonly conversations: ConversationReader;
  readonly budget: Budget;
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
  // 1. Parse: a malformed request fails here, before any call.
  const conversation = resolveConversation(userId, request);
  refuseSystemAsPeer(conversation);
  const wanted = draft(userId, request.clientMsgId, request.content, request);

  // 2. Check the caller's session and, at the same time, allocate a seq or find the original of a repeat.
  const reading = caller && readSender(ports, conversation, caller);
  const [sender, outcome] = await settleAll([
    reading,
    allocateOrFindOriginal(ports, conversation, wanted, { isResend: request.resend === true, reading }),
  ]);

  // 3. Commit: before it the message does not exist, after it the message is never lost. Charge for what it costs: a repeat,
  //    too, since it is delivered again.
  const reach = outcome.allocation ?? (await readReach(ports, conversation));
  const [committed, prefetchedMembers] = await settleAll([
    outcome.original ?? store(ports, conversation, outcome.allocation, outcome.judged),
    outcome.allocation && prefetchGroup(ports, conversation, outcome.allocation),
    payFor(ports, conversation, reach, outcome.judged ?? wanted, sender?.prefetched),
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

/** A seq for a new message, or the original of a repeat. */
type AllocationOutcome =
  | {
      readonly allocation: SeqAllocation;
      readonly judged: Draft;
      /** The files of which copies were made. */
      readonly copied: FileContent | undefined;
      readonly original?: undefined;
    }
  | {
      readonly original: Committed;
      readonly judged?: undefined;
      readonly copied?: undefined;
      readonly allocation?: undefined;
    };

/**
 * Step 2: checks the membership of a group before allocating a seq, since a sender who is not a member must not leave
 * even a hole. A repeat marked as such (`resend`) looks for its original first, so it leaves no hole either.
 */
async function allocateOrFindOriginal(
  ports: SendPorts,
  conversation: Conversation,
  wanted: Draft,
  { isResend, reading }: { readonly isResend: boolean; readonly reading: Promise<Sender> | undefined },
): Promise<AllocationOutcome> {
  const { conversationId } = conversation;
  try {
    const [membership, head] = await settleAll([
      requireMembershipOf(ports, wanted.from, conversation),
      ports.hook && ports.conversations.head(conversationId),
      // A session that has ended asks no hook.
      ports.hook && reading,
    ]);
    // Whose turn it was may have been stored: then another seq would be a hole.
    const hadTurn = membership?.turn?.clientMsgId === wanted.clientMsgId;
    const earlier = isResend || hadTurn ? await findEarlier(ports, conversationId, wanted) : undefined;
    if (earlier !== undefined) return { original: earlier };
    await requireReferences(ports, conversation, wanted, membership?.visibleFrom ?? 1);
    const complete = await completeFiles(ports, conversationId, wanted);
    if (head === undefined) {
      const copied = await copyIfFiles(ports, conversationId, complete, reading);
      const allocation = await allocateInTurn(ports, conversation, complete, membership?.turn);
      return { judged: complete, allocation, copied };
    }
    const judged = await judge(ports, conversation, complete, head, membership);
    // The hook may take seconds, and membership is no condition of the allocation (IM-HOOK-6).
    const still = await requireMembershipOf(ports, wanted.from, conversation);
    const copied = await copyIfFiles(ports, conversationId, judged, reading);
    return { judged, copied, allocation: await allocateInTurn(ports, conversation, judged, still?.turn) };
  } catch (error) {
    // The sender has left the group, may not write there any more, or must wait; or the support chat is closed; or the hook
    // accepts it no more, or fails. A message that was stored before may not have been delivered yet: its repeat delivers
    // it, and gets its ack (IM-SEND-2).
    const isTooLate =
      error instanceof BlockedContentError ||
      error instanceof ForbiddenError ||
      error instanceof InvalidRequestError ||
      error instanceof NotFoundError ||
      error instanceof RateLimitedError ||
      error instanceof NoVerdictError;
    const original = isTooLate ? await findEarlier(ports, conversationId, wanted) : undefined;
    if (original === undefined) throw error;
    return { original };
  }
}

/** The draft as it is stored: with the records of its files. Reads nothing for a message without files. */
async function completeFiles(ports: SendPorts, conversationId: string, wanted: Draft): Promise<Draft> {
  const { from, files, replyTo, mentions } = wanted;
  if (files === undefined) return wanted;
  const content = await withRecords(ports, { from, conversationId }, files);
  return { ...wanted, contentJson: contentJsonOf({ content, replyTo, mentions }) };
}

/** Copies the files of a draft whose sender may send: all other checks come first, but those of the allocation. */
async function copyIfFiles(
  ports: SendPorts,
  conversationId: string,
  { from, clientMsgId, files, contentJson }: Draft,
  reading: Promise<Sender> | undefined,
): Promise<FileContent | undefined> {
  if (files === undefined) return undefined;
  // A session that has ended copies nothing.
  await reading;
  const content = JSON.parse(contentJson) as FileContent;
  await copyFiles(ports, { conversationId, from, clientMsgId }, content);
  return content;
}

/**
 * Asks the hook, and keeps the hash of what the sender wrote: a repeat finds the message that was made of it (IM-HOOK-3).
 */
async function judge(
  ports: SendPorts,
  conversation: Conversation,
  wanted: Draft,
  head: Head,
  membership: Membership | undefined,
): Promise<Draft> {
  const { conversationId, kind } = conversation;
  const { from, clientMsgId } = wanted;
  requireMaySend(conversation, wanted, head, membership?.turn, ports.clock());
  const memberCount = head.group && { memberCount: head.group.memberCount };
  const question = { from, conversationId, kind, ...memberCount, clientMsgId };
  return { ...wanted, contentJson: await askHook(ports, question, wanted) };
}

/**
 * Allocates a seq. A member who has had a turn before takes the next one first: in a group with slow mode that saves an
 * attempt that is bound to fail (IM-BUDGET-5).
 */
async function allocateInTurn(
  ports: SendPorts,
  conversation: Conversation,
  wanted: Draft,
  turn: Turn | undefined,
): Promise<SeqAllocation> {
  const { conversationWriter, budget } = ports;
  const { conversationId } = conversation;
  const { from, clientMsgId } = wanted;
  const hasTurn =
    turn !== undefined &&
    (await conversationWriter.takeTurn(from, conversationId, { seconds: turn.seconds, clientMsgId })) === 0;
  const maxMembers = budget.isUnlimited ? undefined : MAX_CHEAP_MEMBERS;
  const allocation = await allocateSeq(ports, conversation, wanted, { maxMembers, hasTurn });
  const { slowModeSeconds } = allocation;
  // Without a turn, the sender is an admin, or has just taken one of this interval.
  if (turn !== undefined && (slowModeSeconds === undefined || hasTurn) && slowModeSeconds !== turn.seconds)
    await conversationWriter.changeTurn(from, conversationId, slowModeSeconds);
  return allocation;
}

/** The two users of a direct conversation need no check. */
async function requireMembershipOf(
  { conversations }: SendPorts,
  userId: string,
  conversation: Conversation,
): Promise<Membership | undefined> {
  if (conversation.kind === 'direct') return undefined;
  return requireMembership(conversations, userId, conversation);
}

/**
 * Step 2: checks what the message refers to before it has a seq, so that a refusal leaves no hole (IM-REPLY). Nothing is
 * read for a message without references.
 * @throws {InvalidRequestError} it answers a message that does not exist, or that the sender may not see
 * @throws {ForbiddenError} it mentions all members of a large group, and the sender is no admin
 */
async function requireReferences(
  { conversations, messages }: SendPorts,
  { conversationId, kind }: Conversation,
  { from, replyTo, mentions }: Draft,
  visibleFrom: number,
): Promise<void> {
  const [answered, head] = await settleAll([
    replyTo !== undefined && messageAt(messages, conversationId, replyTo),
    mentions === 'all' && kind === 'group' && conversations.head(conversationId),
  ]);
  if (replyTo !== undefined && (!answered || replyTo < visibleFrom))
    throw new InvalidRequestError([{ path: 'replyTo', message: 'is not a message of this conversation' }]);
  requireMayMention({ from, mentions }, head ? head.group : undefined);
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
async function readReach(
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
