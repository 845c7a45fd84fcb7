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

/** Who has blocked whom (IM-BLOCK-1). All reads are strong. */
export interface BlockReader {
  /** The users whom this one has blocked, ordered by user id. */
  blocks(
    userId: string,
    range: BlocksRange,
  ): Promise<{ readonly blocks: readonly Block[]; readonly more: boolean }>;
  /** Those of up to 100 distinct users who have blocked this one. */
  blockersAmong(users: readonly string[], userId: string): Promise<ReadonlySet<string>>;
}

export interface BlockWriter {
  /** Blocks the peer. Idempotent. @returns false if the user has blocked as many as they may */
  block(userId: string, peer: string, atMs: number): Promise<boolean>;
  /** Unblocks the peer. Idempotent. */
  unblock(userId: string, peer: string): Promise<void>;
}
