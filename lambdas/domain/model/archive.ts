import type { Message, Reaction } from '../../../protocol/frames.ts';
import { type StoredMessage, toMessage } from './message.ts';

/** A message that has expired, as its conversation saw it, and when it last changed. */
export interface ArchivedMessage extends Message {
  readonly changedAt?: number;
}

/** Messages that are written together. */
export interface ArchiveBatch {
  /** When the first of them was deleted, in epoch milliseconds. */
  readonly deletedAtMs: number;
  /** The same for a repeat of the batch, and for no other batch. */
  readonly id: string;
  /** A line of JSON each. */
  readonly lines: readonly string[];
}

export interface ArchiveWriter {
  /** Idempotent. */
  put(batch: ArchiveBatch): Promise<void>;
}

export interface ArchiveReader {
  /** The lines of batches that were deleted at this time or later, object by object, the earliest hour first. */
  lines(fromMs: number): AsyncIterable<string>;
}

/** For the erasure of a user: all objects, whatever is in them. */
export interface ArchiveEditor {
  /** The keys of a page of objects, in their order. */
  keys(
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly keys: readonly string[]; readonly hasMore: boolean }>;
  linesOf(key: string): Promise<readonly string[]>;
  /** Replaces an object's lines. */
  replace(key: string, lines: readonly string[]): Promise<void>;
}

/** The reactions name their first users, as in history. */
export function archivedMessage(stored: StoredMessage): ArchivedMessage {
  const { changedAt, reactions: { list = [] } = {} } = stored;
  return {
    ...toMessage(stored),
    ...(list.length > 0 && {
      reactions: list.map(({ name, count, users }): Reaction => ({ name, count, users: [...users] })),
    }),
    ...(changedAt !== undefined && { changedAt }),
  };
}
