import type { ListRange } from './list-range.ts';

/** A user whom another one has blocked. */
export interface Block {
  readonly userId: string;
  /** When: epoch milliseconds. */
  readonly at: number;
}

/** A user, and another one whom the user may have blocked. */
export interface BlockPair {
  readonly userId: string;
  readonly peer: string;
}

/** The users whom a user has blocked (IM-BLOCK-1). Reads are strong. */
export interface BlockReader {
  /** Ordered by user id. */
  blocks(userId: string, range: ListRange): Promise<readonly Block[]>;
  /** Those of up to 100 different pairs in which `userId` has blocked `peer`. */
  blocked(pairs: readonly BlockPair[]): Promise<readonly BlockPair[]>;
}

export interface BlockWriter {
  /**
   * Blocks a user. Idempotent, and exact: the time of the first block stays.
   * @returns false if the user has blocked `maximum` others
   */
  block(userId: string, block: Block, maximum: number): Promise<boolean>;
  /** Unblocks the peer. Idempotent. */
  unblock(userId: string, peer: string): Promise<void>;
}
