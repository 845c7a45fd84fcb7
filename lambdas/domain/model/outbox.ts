import type { MessageKey } from './message.ts';

/** A committed change whose message may not have reached everybody. */
export interface OutboxEntry extends MessageKey {
  readonly seq: number;
  /** The agent who lost the support chat. */
  readonly former?: string | undefined;
}

/**
 * The transactional outbox: every change of a group or of a support chat adds an entry in its own transaction, and the
 * entry is deleted after its message was delivered. A leftover entry means that a function died in between. Each group
 * and each support queue has an outbox: `owner` is the group's conversation id, or the queue's name. All reads are strong.
 */
export interface Outbox {
  pending(owner: string): Promise<readonly OutboxEntry[]>;
  /** Deletes the entry, after its message was delivered. Idempotent. */
  markAsSent(owner: string, entry: OutboxEntry): Promise<void>;
}
