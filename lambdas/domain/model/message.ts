import type { Message } from '../../../protocol/frames.ts';

/** The idempotency key of a message: identifies it before and after it has a seq (IM-SEND-2). */
export interface MessageKey {
  readonly conversationId: string;
  readonly from: string;
  readonly clientMsgId: string;
}

export interface StoredMessage extends MessageKey {
  readonly seq: number;
  readonly messageId: string;
  readonly sentAt: number;
  /** JSON text, since a DynamoDB map limits depth and changes numbers. */
  readonly contentJson: string;
  /** Hash of the canonical content as sent. A repeat is compared to it, even after a recall. */
  readonly contentHash: string;
}

/** The history of all messages. All reads are strong. */
export interface MessageReader {
  /** At most 100. Leaves out messages that don't exist or have expired. */
  getMany(keys: readonly MessageKey[]): Promise<readonly StoredMessage[]>;
  /** Ascending if there is an `after`, else descending from `before` or the end. Both are exclusive. */
  page(
    conversationId: string,
    range: SeqRange,
  ): Promise<{ messages: readonly StoredMessage[]; hasMore: boolean }>;
  /**
   * Counts other users' messages, the newest first, and stops at `maximum`, or when it has evaluated enough of the user's
   * own.
   */
  countOthers(conversationId: string, userId: string, range: CountRange): Promise<MessageCount>;
}

export interface CountRange {
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. @default - the end */
  readonly upTo?: number | undefined;
  readonly maximum: number;
  /** Shared by the counts of one request. */
  readonly budget: ReadBudget;
}

/** What may still be read. A count takes from it what it costs, and doesn't go on once nothing is left. */
export interface ReadBudget {
  /** Of 4 KB each. */
  units: number;
}

export interface MessageCount {
  readonly count: number;
  /** Whether the count stopped early, so that there may be more. */
  readonly isAtLeast: boolean;
}

export interface MessageWriter {
  /** Stores the message unless its key exists; then returns the existing message. */
  putIfAbsent(message: StoredMessage): Promise<StoredMessage | undefined>;
  /** Replaces the content, but not the hash, so that a repeat still matches its original. */
  redact(key: MessageKey, contentJson: string): Promise<void>;
}

export interface SeqRange {
  readonly after?: number;
  readonly before?: number;
  /** The lowest seq, in either direction. */
  readonly from?: number;
  readonly limit: number;
}

export function toMessage(stored: StoredMessage): Message {
  const { conversationId, seq, messageId, clientMsgId, from, contentJson, sentAt } = stored;
  return { conversationId, seq, messageId, clientMsgId, from, content: JSON.parse(contentJson), sentAt };
}
