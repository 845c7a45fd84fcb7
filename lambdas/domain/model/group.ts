import type { GroupFacts } from './conversation.ts';
import type { StoredMessage } from './message.ts';

export interface Member {
  readonly userId: string;
  readonly joinedSeq: number;
}

export interface MemberStatus extends Member {
  /** A removal has begun but has no seq yet. */
  readonly isLeaving: boolean;
}

/** A change of a group, with its system message. */
export interface GroupChange {
  readonly conversationId: string;
  readonly message: StoredMessage;
  readonly add?: readonly string[];
  /** Members who are leaving. */
  readonly remove?: readonly string[];
  readonly name?: string;
  readonly admins?: readonly string[];
  readonly pins?: GroupFacts['pins'];
  readonly posting?: 'everyone' | 'admins';
  /** 0: no slow mode. */
  readonly slowModeSeconds?: number;
  readonly openHistory: boolean;
  /**
   * The change fails unless this user is an admin, and so a member, when it is committed.
   * @default - not checked
   */
  readonly ifAdmin?: string | undefined;
}

/** Members of groups. All reads are strong. */
export interface GroupReader {
  /** The members after the user `after`, ordered by user id. Leaves out members who are leaving. */
  members(
    conversationId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly members: readonly Member[]; readonly more: boolean }>;
  /** Looks up at most 100 users. Leaves out those who are neither members nor leaving. */
  getMembers(conversationId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, MemberStatus>>;
}

/**
 * Each change of members and its message are written in one transaction. A change has at most 40 members.
 */
export interface GroupWriter {
  create(facts: GroupFacts, members: readonly string[], message: StoredMessage): Promise<void>;
  /**
   * Changes of one user's membership take effect in the order of their seqs. Only members who are leaving can be removed;
   * only members can become admins.
   * @returns false if nothing was changed: another change had the same members, or has removed members at a higher seq,
   *   or `ifAdmin` is no longer an admin
   */
  apply(change: GroupChange): Promise<boolean>;
  /**
   * From now on no reader sees this user as a member or admin, and the member count leaves them out, though the removal
   * has no seq yet. They get no message whose seq is allocated after this call (IM-FAULT-14). Records the departure
   * (IM-CHANGE-3). Idempotent.
   * @param ifAdmin who removes the user; nothing is changed unless they are an admin then
   * @returns false if nothing was changed: this is the last admin of a group with other members, or `ifAdmin` is no
   *   longer an admin
   */
  markAsLeaving(conversationId: string, userId: string, ifAdmin?: string): Promise<boolean>;
}

/** The last admin of a group leaves it, and the role goes on. */
export interface Succession {
  /**
   * Does what `markAsLeaving` does, to the last admin of a group, makes `heir` the admin, and stores the message about it, all in one
   * transaction.
   * @returns false if nothing was changed: the user is not the last admin, or is leaving, the heir is no member, or a change of the
   *   group's name, admins, or rules has a higher seq
   */
  passOn(change: {
    /** Of the group. */
    readonly message: StoredMessage;
    readonly admin: string;
    readonly heir: string;
  }): Promise<boolean>;
}
