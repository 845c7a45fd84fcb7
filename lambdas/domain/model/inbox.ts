import type { Reference } from './reference.ts';

/** References to what arrived while none of the user's sessions took it; gone after their TTL (IM-HELLO-1). */
export interface Inbox {
  /** Strong; the oldest first; expired ones are left out. */
  first(userId: string, limit: number): Promise<InboxRead>;
  /** Removes exactly these. @throws {UnavailableError} if any may be left */
  remove(userId: string, messageIds: readonly string[]): Promise<void>;
}

export interface InboxWriter {
  /** Stores each once, however often it comes. Returns those that could not be stored. */
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
