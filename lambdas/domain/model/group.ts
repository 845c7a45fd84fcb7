import type { GroupFacts } from './conversation.ts';
import type { StoredMessage } from './message.ts';

export interface Member {
  readonly userId: string;
  readonly joinedSeq: number;
}

export interface MemberStatus extends Member {
  /** A removal has begun, and has no seq yet. */
  readonly isLeaving: boolean;
}

/** What a change does besides being a message. */
export interface GroupChange {
  readonly conversationId: string;
  readonly message: StoredMessage;
  readonly add?: readonly string[];
  /** The admin who adds; must be one still when the change is committed. @default - not checked */
  readonly addedBy?: string;
  readonly remove?: readonly string[];
  readonly name?: string;
  readonly admins?: readonly string[];
  readonly openHistory: boolean;
}

/** Members of groups. All reads are strong. */
export interface GroupReader {
  /** Ordered by user id, strictly after `after`; those who are leaving are left out. */
  members(
    conversationId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly members: readonly Member[]; readonly more: boolean }>;
  /** Those of up to 100 users who are members, or are leaving. */
  getMembers(conversationId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, MemberStatus>>;
}

/**
 * Each change of members is one transaction with its message, so that both are there or neither; a change names at most
 * 40 members.
 */
export interface GroupWriter {
  create(facts: GroupFacts, members: readonly string[], message: StoredMessage): Promise<void>;
  /**
   * Changes of one user's membership take effect in the order of their seqs; only members who are leaving are removed, only
   * members are named as admins.
   * @returns false if another change met the same members meanwhile, or removed some at a higher seq, or `addedBy` is no
   *   admin any more: nothing was done
   */
  apply(change: GroupChange): Promise<boolean>;
  /**
   * From now on this user is no member to any reader, nor counted, nor an admin, though the removal has no seq yet:
   * whatever gets a seq after this call is not for them (IM-FAULT-14). Idempotent.
   * @returns false for the last admin, while others stay: nothing was done
   */
  markAsLeaving(conversationId: string, userId: string): Promise<boolean>;
}
