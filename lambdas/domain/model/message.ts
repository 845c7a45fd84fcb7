import type { Message } from '../../../protocol/frames.ts';

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

/** The record of all messages. All reads are strong. */
export interface MessageReader {
  /** Up to 100 at once; those that are gone are left out. */
  getMany(keys: readonly MessageKey[]): Promise<readonly StoredMessage[]>;
  /** Ascending for `after`, else descending from below `before` or from the end. `seq`s are exclusive. */
  page(
    conversationId: string,
    range: SeqRange,
  ): Promise<{ messages: readonly StoredMessage[]; hasMore: boolean }>;
  /** How many messages of others are above `seq`; stops counting at `maximum`. */
  countOthersAbove(conversationId: string, userId: string, seq: number, maximum: number): Promise<number>;
}

export interface MessageWriter {
  /** Stores it if there is none of its key; else returns the one that there is, unchanged. */
  putIfAbsent(message: StoredMessage): Promise<StoredMessage | undefined>;
  /** Replaces the content by `contentJson`; the hash stays, so that repeats still meet their original. */
  redact(key: MessageKey, contentJson: string): Promise<void>;
}

export interface SeqRange {
  readonly after?: number;
  readonly before?: number;
  /** Nothing below it, in either direction. */
  readonly from?: number;
  readonly limit: number;
}

/** As it goes over the wire. */
export function toMessage(stored: StoredMessage): Message {
  const { conversationId, seq, messageId, clientMsgId, from, contentJson, sentAt } = stored;
  return { conversationId, seq, messageId, clientMsgId, from, content: JSON.parse(contentJson), sentAt };
}
