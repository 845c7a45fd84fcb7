import type { Reference } from './reference.ts';

/**
 * References to messages that no session of the user took, or that one that polls, or was silent for too long, still has to
 * read. They expire by TTL (IM-HELLO-1).
 */
export interface Inbox {
  /** Reads strongly, oldest first. Leaves out expired entries. */
  first(userId: string, limit: number): Promise<InboxRead>;
  /** Removes exactly these. @throws {UnavailableError} some may remain */
  remove(userId: string, messageIds: readonly string[]): Promise<void>;
}

export interface InboxWriter {
  /** Idempotent. Returns the entries that could not be stored. */
  put(entries: readonly InboxEntry[]): Promise<readonly InboxEntry[]>;
}

export interface InboxEntry {
  readonly userId: string;
  readonly reference: Reference;
}

export interface InboxRead {
  /** Oldest first. */
  readonly references: readonly Reference[];
  readonly more: boolean;
}
