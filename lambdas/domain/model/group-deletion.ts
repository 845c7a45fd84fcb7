import type { StoredMessage } from './message.ts';

/** An item of a volume of the history: a message, or a claim in the place of one. */
export interface HistoryItem {
  readonly sortKey: string;
  /** What deleting it costs, with its entries in the indexes, in write units. */
  readonly units: number;
  /** If others have reacted to it. */
  readonly reactedTo?: StoredMessage | undefined;
  /** The keys of its files. */
  readonly objects?: readonly string[];
}

export interface HistoryPage {
  readonly items: readonly HistoryItem[];
  readonly hasMore: boolean;
}

/** Deletes a group, part by part. Every method is idempotent. All reads are strong. */
export interface GroupDeletion {
  /** From now on no message and no change gets a seq. @returns false if there is no such group */
  close(conversationId: string): Promise<boolean>;
  /** Any members, also those who are leaving, at most `limit`. */
  anyMembers(conversationId: string, limit: number): Promise<readonly string[]>;
  /**
   * Removes members of a closed group, records their departures, and stores the message about it with the head's next seq, all in one
   * transaction. At most 30 members.
   * @returns false if nothing was changed: another worker has taken the seq
   */
  remove(message: StoredMessage, members: readonly string[]): Promise<boolean>;
  /** What is left of a volume of the history. */
  history(conversationId: string, volume: number, limit: number): Promise<HistoryPage>;
  deleteItems(conversationId: string, volume: number, items: readonly HistoryItem[]): Promise<void>;
  /** Deletes all other rows of the conversation, the head last. */
  deleteRows(conversationId: string): Promise<void>;
}
