/** A user whom another one has blocked. */
export interface Block {
  readonly userId: string;
  /** When: epoch milliseconds. */
  readonly at: number;
}

export interface BlocksRange {
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Whom a user has blocked (IM-BLOCK-1). Reads are strong. */
export interface BlockReader {
  /** The users whom this one has blocked, ordered by user id. */
  blocks(
    userId: string,
    range: BlocksRange,
  ): Promise<{ readonly blocks: readonly Block[]; readonly more: boolean }>;
}

export interface BlockWriter {
  /** Blocks the peer. Idempotent. @returns false if the user has blocked as many as they may */
  block(userId: string, peer: string, atMs: number): Promise<boolean>;
  /** Unblocks the peer. Idempotent. */
  unblock(userId: string, peer: string): Promise<void>;
}
