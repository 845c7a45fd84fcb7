import { ulid } from 'ulid';
import type { SentContent, SentFiles, StoredContent } from '../../../protocol/content.ts';
import type { MessageRequest } from '../../../protocol/frames.ts';
import { SYSTEM } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import {
  BlockedError,
  ForbiddenError,
  IdempotencyConflictError,
  NotFoundError,
  PayloadTooLargeError,
  RateLimitedError,
  UnavailableError,
} from '../../shared/errors.ts';
import { canonicalJson, sha256 } from '../../shared/json.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Budget } from '../model/budget.ts';
import type {
  Conversation,
  ConversationReader,
  ConversationWriter,
  GroupFacts,
  SeqAllocation,
  SeqLimits,
  Turn,
} from '../model/conversation.ts';
import { ERASED_HASH } from '../model/erasure.ts';
import type { MessageReader, MessageWriter, StoredMessage } from '../model/message.ts';
import { groupMessagePrice, NEW_CONVERSATION_EXTRA } from '../model/prices.ts';
import { lastSeqOf, recentStarts, type VolumeStart, volumeOf } from '../model/volume.ts';

/** A message before it has a seq. */
export interface Draft {
  readonly from: string;
  readonly clientMsgId: string;
  readonly contentJson: string;
  readonly contentHash: string;
  readonly replyTo?: number | undefined;
  readonly mentions?: MessageRequest['mentions'];
  /** Files that are still to become records and copies. */
  readonly files?: SentFiles;
}

interface Said extends Pick<MessageRequest, 'replyTo' | 'mentions'> {
  readonly content: SentContent | StoredContent;
}

/**
 * The hash covers `replyTo` and `mentions`, too: with other ones it is another message (IM-REPLY).
 * @throws {PayloadTooLargeError} the content exceeds 16,384 bytes as canonical JSON (IM-FRAME-5)
 */
export function draft(
  from: string,
  clientMsgId: string,
  content: SentContent,
  { replyTo, mentions }: Omit<Said, 'content'> = {},
): Draft {
  const said = { content, replyTo, mentions };
  const contentJson = contentJsonOf(said);
  const contentHash = sha256(contentJson + referencesJson(said));
  const files = content.type === 'file' && { files: content };
  return { from, clientMsgId, contentJson, contentHash, replyTo, mentions, ...files };
}

/** @throws {PayloadTooLargeError} the content exceeds 16,384 bytes as canonical JSON, with what it refers to (IM-FRAME-5) */
export function contentJsonOf(said: Said): string {
  const contentJson = canonicalJson(said.content, 'content');
  const bytes = Buffer.byteLength(contentJson + referencesJson(said));
  if (bytes > LIMITS.maxContentBytes) throw new PayloadTooLargeError(bytes, LIMITS.maxContentBytes);
  return contentJson;
}

function referencesJson({ replyTo, mentions }: Said): string {
  if (replyTo === undefined && mentions === undefined) return '';
  return JSON.stringify({ replyTo, mentions });
}

/**
 * @param group `undefined` in a direct conversation and in a support chat
 * @throws {ForbiddenError} it mentions all members of a large group, and the author is no admin (IM-REPLY)
 */
export function requireMayMention(
  { from, mentions }: Pick<Draft, 'from' | 'mentions'>,
  group: GroupFacts | undefined,
): void {
  if (mentions !== 'all' || group === undefined || group.memberCount <= LIMITS.readPushMembers) return;
  if (!group.admins.includes(from))
    throw new ForbiddenError(`Only an admin may mention more than ${LIMITS.readPushMembers} members.`);
}

export interface StorePorts {
  readonly conversationWriter: ConversationWriter;
  readonly messages: MessageReader;
  readonly messageWriter: MessageWriter;
  readonly clock: Clock;
}

export interface Committed {
  readonly message: StoredMessage;
  readonly duplicate: boolean;
}

const ATTEMPTS = 4;

export interface SeqPorts extends Pick<StorePorts, 'conversationWriter'> {
  readonly budget: Budget;
}

/**
 * Allocates a unique seq of the conversation. Creates a direct conversation if this is its first message. Everything
 * that a sender needs first, and that most senders have, is a condition of the allocation: only if it fails, another attempt follows.
 * @param first the limits of the first attempt
 * @throws {NotFoundError} no such group
 * @throws {ForbiddenError} the support chat is closed (IM-DESK-3), or only admins may write in the group (IM-BUDGET-5)
 * @throws {BlockedError} the peer has blocked the sender (IM-BLOCK-1)
 * @throws {RateLimitedError} it is not the sender's turn (IM-BUDGET-5), or the budget is used up (IM-BUDGET-1)
 * @throws {LimitReachedError} the sender has met enough strangers today (IM-BUDGET-3)
 * @throws {UnavailableError} the conversation is being imported (IM-IMPORT-4)
 */
export async function allocateSeq(
  { conversationWriter, budget }: SeqPorts,
  conversation: Conversation,
  { from, clientMsgId, contentJson }: Pick<Draft, 'from' | 'clientMsgId' | 'contentJson'>,
  first: SeqLimits,
): Promise<SeqAllocation> {
  const { conversationId } = conversation;
  let limits = first;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Services write when they want to; users by the rules of the group.
    const outcome = await conversationWriter.nextSeq(
      conversationId,
      from,
      clientMsgId,
      from === SYSTEM ? undefined : limits,
    );
    if (outcome.seq !== undefined) return outcome;
    switch (outcome.refused) {
      case 'blocked':
        throw new BlockedError();
      case 'posting':
        throw new ForbiddenError('Only admins may write in this group.');
      case 'closed':
        throw new ForbiddenError('This chat is closed.');
      case 'importing':
        throw new UnavailableError();
      case 'missing':
        if (conversation.kind === 'group') throw new NotFoundError();
        if (conversation.kind === 'support') throw new ForbiddenError('This chat is closed.');
        await budget.meet(1);
        await conversationWriter.createDirect(conversationId, conversation.users);
        await budget.charge(NEW_CONVERSATION_EXTRA);
        break;
      case 'slow':
        await requireTurn(conversationWriter, from, conversationId, {
          seconds: outcome.slowModeSeconds,
          clientMsgId,
        });
        limits = { ...limits, hasTurn: true };
        break;
      case 'large':
        await budget.debit(groupMessagePrice(outcome.memberCount, Buffer.byteLength(contentJson)));
        limits = { ...limits, maxMembers: undefined };
        break;
    }
  }
  // Other senders are creating the conversation at the same time.
  throw new UnavailableError();
}

async function requireTurn(
  writer: ConversationWriter,
  userId: string,
  conversationId: string,
  turn: Pick<Turn, 'seconds' | 'clientMsgId'>,
): Promise<void> {
  const waitMs = await writer.takeTurn(userId, conversationId, turn);
  if (waitMs > 0) throw new RateLimitedError('This group is in slow mode.', waitMs, 'slow_mode');
}

/**
 * Stores the draft under the allocated seq, once per key (IM-SEND-2, IM-SEND-3). A repeat returns the original and leaves
 * the seq a hole. The put is the commit: before it the message does not exist, after it the message is never lost.
 * @returns `undefined` if the history has begun its next volume meanwhile, and a repeat there has claimed the key: the
 * message needs a seq of that volume
 * @throws {IdempotencyConflictError} the key was used for different content
 */
export async function commit(
  ports: Omit<StorePorts, 'conversationWriter'>,
  conversationId: string,
  { seq, starts = [] }: Pick<SeqAllocation, 'seq' | 'starts'>,
  wanted: Draft,
): Promise<Committed | undefined> {
  const { messageWriter, clock } = ports;
  const earlier = await findInFormerVolumes(ports, conversationId, starts, wanted);
  if (earlier !== undefined) return earlier;
  const { replyTo, mentions, files: _, ...draft } = wanted;
  const sentAt = clock();
  // The ULID's time is sentAt, so that messageIds sort the inbox by time.
  const messageId = ulid(sentAt);
  const message = {
    conversationId,
    seq,
    messageId,
    sentAt,
    ...draft,
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions !== undefined && { mentions }),
  };
  const existing = await messageWriter.putIfAbsent(message);
  if (existing === 'claimed') return undefined;
  // The same messageId means that the AWS SDK retried this put after a lost response.
  if (existing === undefined || existing.messageId === messageId) return { message, duplicate: false };
  return asDuplicate(existing, draft.contentHash);
}

/** How long after the beginning of a volume a message may still be stored in the one before: 10 s, and clocks differ. */
const ON_ITS_WAY_MS = 20_000;

/**
 * Looks for the original in the volumes that ended in the last 24 hours (IM-SEND-2). The original may still be stored, after a
 * read, in a volume that ended just now: there a claim takes its key, and the late original is not stored.
 */
async function findInFormerVolumes(
  { messages, messageWriter, clock }: Omit<StorePorts, 'conversationWriter'>,
  conversationId: string,
  starts: readonly VolumeStart[],
  { from, clientMsgId, contentHash }: Draft,
): Promise<Committed | undefined> {
  const places = starts.map(({ volume, atMs }) => {
    const place = { conversationId, from, clientMsgId, seq: lastSeqOf(volume - 1) };
    return { place, isOpen: clock() - atMs < ON_ITS_WAY_MS };
  });
  if (places.length === 0) return undefined;
  const ended = places.flatMap(({ place, isOpen }) => (isOpen ? [] : [place]));
  const [claimed, read] = await settleAll([
    Promise.all(places.flatMap(({ place, isOpen }) => (isOpen ? [messageWriter.claim(place)] : []))),
    ended.length === 0 ? [] : messages.getMany(ended),
  ]);
  const original = [...claimed, ...read].find((message) => message !== undefined);
  return original && asDuplicate(original, contentHash);
}

/**
 * Looks for the draft in the history before a seq is allocated. So a repeat marked as such (`resend`) leaves no hole that
 * readers would wait for (IM-SEND-3).
 * @throws {IdempotencyConflictError} the key was used for different content
 */
export async function findEarlier(
  { messages, conversations, clock }: Pick<StorePorts, 'messages' | 'clock'> & FindPorts,
  conversationId: string,
  { from, clientMsgId, contentHash }: Draft,
): Promise<Committed | undefined> {
  const { seq: head, starts = [] } = await conversations.head(conversationId);
  const former = recentStarts(starts, clock()).map(({ volume }) => lastSeqOf(volume - 1));
  // The volume of the head may have begun just now, and its start may not be noted yet.
  const isNoted = volumeOf(head) === (starts[0]?.volume ?? 0);
  const seqs = new Set([head, ...(isNoted ? [] : [lastSeqOf(volumeOf(head) - 1)]), ...former]);
  const [existing] = await messages.getMany(
    [...seqs].map((seq) => ({ conversationId, from, clientMsgId, seq })),
  );
  return existing && asDuplicate(existing, contentHash);
}

export interface FindPorts {
  readonly conversations: Pick<ConversationReader, 'head'>;
}

/** A repeat of an erased message is not compared: nothing may tell what it was. */
function asDuplicate(existing: StoredMessage, contentHash: string): Committed {
  if (existing.contentHash !== contentHash && existing.contentHash !== ERASED_HASH)
    throw new IdempotencyConflictError();
  return { message: existing, duplicate: true };
}
