import { ulid } from 'ulid';
import type { SentContent } from '../../protocol/content.ts';
import type { Message } from '../../protocol/frames.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Clock } from '../shared/clock.ts';
import {
  ForbiddenError,
  IdempotencyConflictError,
  NotFoundError,
  PayloadTooLargeError,
  UnavailableError,
} from '../shared/errors.ts';
import { canonicalJson, sha256 } from '../shared/json.ts';
import type { Conversation, ConversationTable, Slot } from './conversation.ts';

/** What names a message before it has a seq, and for ever (IM-SEND-2). */
export interface MessageKey {
  readonly conversationId: string;
  readonly from: string;
  readonly clientMsgId: string;
}

export interface StoredMessage extends MessageKey {
  readonly seq: number;
  readonly messageId: string;
  readonly sentAt: number;
  /** JSON text: a map in the table would break on depth and on numbers. */
  readonly contentJson: string;
  /** Of the canonical content as sent: what a repeat is held against, even after a recall. */
  readonly contentHash: string;
}

/** The record of all messages. */
export interface MessageTable {
  /** Stores it if there is none of its key; else returns the one that there is, unchanged. */
  putIfAbsent(message: StoredMessage): Promise<StoredMessage | undefined>;
  /** Up to 100 at once, strong; those that are gone are left out. */
  getMany(keys: readonly MessageKey[]): Promise<readonly StoredMessage[]>;
  /** Strong. Ascending for `after`, else descending from below `before` or from the end. `seq`s are exclusive. */
  page(
    conversationId: string,
    range: SeqRange,
  ): Promise<{ messages: readonly StoredMessage[]; hasMore: boolean }>;
  /** Puts `contentJson` in the place of the content; the hash stays, so that repeats still meet their original. */
  redact(key: MessageKey, contentJson: string): Promise<void>;
  /** How many messages of others are above `seq`; stops counting at `maximum`. */
  countOthersAbove(conversationId: string, userId: string, seq: number, maximum: number): Promise<number>;
}

export interface SeqRange {
  readonly after?: number;
  readonly before?: number;
  /** Nothing below it, in either direction. */
  readonly from?: number;
  readonly limit: number;
}

/** What a sender wants stored. */
export interface Draft {
  readonly from: string;
  readonly clientMsgId: string;
  readonly contentJson: string;
  readonly contentHash: string;
}

/** @throws {PayloadTooLargeError} above 16,384 bytes as canonical JSON (IM-FRAME-5) */
export function draft(from: string, clientMsgId: string, content: SentContent): Draft {
  const contentJson = canonicalJson(content, 'content');
  const bytes = Buffer.byteLength(contentJson);
  if (bytes > LIMITS.maxContentBytes) throw new PayloadTooLargeError(bytes, LIMITS.maxContentBytes);
  return { from, clientMsgId, contentJson, contentHash: sha256(contentJson) };
}

export interface MessageStore {
  readonly conversations: ConversationTable;
  readonly messages: MessageTable;
  readonly clock: Clock;
}

export interface Committed {
  readonly message: StoredMessage;
  readonly duplicate: boolean;
}

const CREATE_ATTEMPTS = 4;

/**
 * A seq of the conversation that nobody else has; makes a direct conversation if this is its first message.
 * @throws {NotFoundError} no such group
 * @throws {ForbiddenError} a support chat that is closed (IM-DESK-3)
 */
export async function takeSeq(
  { conversations }: Pick<MessageStore, 'conversations'>,
  conversation: Conversation,
  { from, clientMsgId }: Pick<Draft, 'from' | 'clientMsgId'>,
): Promise<Slot> {
  const { conversationId } = conversation;
  for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt += 1) {
    const slot = await conversations.nextSeq(conversationId, from, clientMsgId);
    if (slot !== undefined) return slot;
    if (conversation.kind === 'group') throw new NotFoundError();
    if (conversation.kind === 'support') throw new ForbiddenError('This chat is closed.');
    await conversations.createDirect(conversationId, conversation.users);
  }
  // Others are making it at this very moment.
  throw new UnavailableError();
}

/**
 * Stores the draft under `seq`, once for its key (IM-SEND-2, IM-SEND-3). A repeat returns the original and leaves
 * `seq` a hole. The put is the commit: before it nobody knows of the message, after it it is never lost.
 * @throws {IdempotencyConflictError} the key was used for other content
 */
export async function commit(
  { messages, clock }: Pick<MessageStore, 'messages' | 'clock'>,
  conversationId: string,
  seq: number,
  { from, clientMsgId, contentJson, contentHash }: Draft,
): Promise<Committed> {
  const sentAt = clock();
  // Its time part is sentAt, so that messageIds sort the inbox by time.
  const messageId = ulid(sentAt);
  const message = { conversationId, from, clientMsgId, seq, messageId, sentAt, contentJson, contentHash };
  const existing = await messages.putIfAbsent(message);
  // The same messageId is this very put, repeated by the SDK after an answer that got lost.
  if (existing === undefined || existing.messageId === messageId) return { message, duplicate: false };
  return asDuplicate(existing, contentHash);
}

/**
 * Looks whether the draft is stored already, before a seq is taken for it: a repeat that says so (`resend`) then leaves
 * no hole, for which its readers would wait (IM-SEND-3).
 * @throws {IdempotencyConflictError} the key was used for other content
 */
export async function findEarlier(
  { messages }: Pick<MessageStore, 'messages'>,
  conversationId: string,
  { from, clientMsgId, contentHash }: Draft,
): Promise<Committed | undefined> {
  const [existing] = await messages.getMany([{ conversationId, from, clientMsgId }]);
  return existing && asDuplicate(existing, contentHash);
}

function asDuplicate(existing: StoredMessage, contentHash: string): Committed {
  if (existing.contentHash !== contentHash) throw new IdempotencyConflictError();
  return { message: existing, duplicate: true };
}

/** As it goes over the wire. */
export function toMessage(stored: StoredMessage): Message {
  const { conversationId, seq, messageId, clientMsgId, from, contentJson, sentAt } = stored;
  return { conversationId, seq, messageId, clientMsgId, from, content: JSON.parse(contentJson), sentAt };
}
