import type { FileContent } from '../../../protocol/content.ts';
import {
  BlockedContentError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  NoVerdictError,
  RateLimitedError,
} from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireMembership } from '../access/membership.ts';
import type { Budget } from '../model/budget.ts';
import type {
  Conversation,
  ConversationReader,
  Head,
  Membership,
  SeqAllocation,
  Turn,
} from '../model/conversation.ts';
import { messageAt } from '../model/message.ts';
import { MAX_CHEAP_MEMBERS } from '../model/prices.ts';
import { type AttachPorts, copyFiles, withRecords } from './attach.ts';
import { type AskPorts, askHook, requireMaySend } from './before-send.ts';
import {
  allocateSeq,
  type Committed,
  contentJsonOf,
  type Draft,
  findEarlier,
  requireMayMention,
  type StorePorts,
} from './store.ts';

export interface SeqPorts extends StorePorts, AskPorts, AttachPorts {
  readonly conversations: ConversationReader;
  readonly budget: Budget;
}

/** A seq for a new message, or the original of a repeat. */
export type SeqOutcome =
  | {
      readonly allocation: SeqAllocation;
      /** As it is stored: with the records of its files, and as the hook left it. */
      readonly final: Draft;
      /** The files of which copies were made. */
      readonly copied: FileContent | undefined;
      readonly original?: undefined;
    }
  | {
      readonly original: Committed;
      readonly final?: undefined;
      readonly copied?: undefined;
      readonly allocation?: undefined;
    };

/**
 * All that a message must pass before it has a seq: membership, what it refers to, its files, the hook, blocks, slow mode.
 * A refusal comes before the allocation, since a sender who may not write must not leave even a hole. A repeat marked as such
 * (`resend`) looks for its original first, so it leaves no hole either.
 *
 * @param reading the caller's session is being read: it asks no hook, and copies no files, if the session has ended
 * @throws {ImError} the message was refused
 */
export async function takeSeq(
  ports: SeqPorts,
  conversation: Conversation,
  wanted: Draft,
  { isResend, reading }: { readonly isResend: boolean; readonly reading: Promise<unknown> | undefined },
): Promise<SeqOutcome> {
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
      return { final: complete, allocation, copied };
    }
    const final = await passHook(ports, conversation, complete, head, membership);
    // The hook may take seconds, and membership is no condition of the allocation (IM-HOOK-6).
    const still = await requireMembershipOf(ports, wanted.from, conversation);
    const copied = await copyIfFiles(ports, conversationId, final, reading);
    return { final, copied, allocation: await allocateInTurn(ports, conversation, final, still?.turn) };
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
async function completeFiles(ports: SeqPorts, conversationId: string, wanted: Draft): Promise<Draft> {
  const { from, files, replyTo, mentions } = wanted;
  if (files === undefined) return wanted;
  const content = await withRecords(ports, { from, conversationId }, files);
  return { ...wanted, contentJson: contentJsonOf({ content, replyTo, mentions }) };
}

/** Copies the files of a draft whose sender may send: all other checks come first, but those of the allocation. */
async function copyIfFiles(
  ports: SeqPorts,
  conversationId: string,
  { from, clientMsgId, files, contentJson }: Draft,
  reading: Promise<unknown> | undefined,
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
async function passHook(
  ports: SeqPorts,
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
  ports: SeqPorts,
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
  { conversations }: SeqPorts,
  userId: string,
  conversation: Conversation,
): Promise<Membership | undefined> {
  if (conversation.kind === 'direct') return undefined;
  return requireMembership(conversations, userId, conversation);
}

/**
 * Checks what the message refers to before it has a seq, so that a refusal leaves no hole (IM-REPLY). Nothing is
 * read for a message without references.
 * @throws {InvalidRequestError} it answers a message that does not exist, or that the sender may not see
 * @throws {ForbiddenError} it mentions all members of a large group, and the sender is no admin
 */
async function requireReferences(
  { conversations, messages }: SeqPorts,
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
