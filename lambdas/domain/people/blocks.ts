import { LIMITS } from '../../../protocol/limits.ts';
import type { BlocksBody } from '../../../protocol/people.ts';
import type { Clock } from '../../shared/clock.ts';
import { cursorOf, decodeCursor, encodeCursor, isUserId } from '../../shared/cursor.ts';
import { InvalidRequestError, LimitReachedError } from '../../shared/errors.ts';
import type { BlockReader, BlockWriter } from '../model/block.ts';

export interface BlockPorts {
  readonly blocks: BlockReader;
  readonly blockWriter: BlockWriter;
  readonly clock: Clock;
}

/**
 * Blocks a user (IM-BLOCK-1). Idempotent.
 * @throws {InvalidRequestError} the user themselves
 * @throws {LimitReachedError} the user has blocked 10,000 others
 */
export async function blockUser(
  { blockWriter, clock }: BlockPorts,
  userId: string,
  blocked: string,
): Promise<void> {
  if (blocked === userId)
    throw new InvalidRequestError([{ path: 'userId', message: 'must not be yourself' }]);
  if (!(await blockWriter.block(userId, blocked, clock())))
    throw new LimitReachedError(`A user may block at most ${LIMITS.maxBlocks} others.`);
}

/** Lists the users whom this one has blocked, 100 per page, ordered by user id. */
export async function listBlocks(
  { blocks }: BlockPorts,
  userId: string,
  cursor: string | undefined,
): Promise<BlocksBody> {
  const schema = () => cursorOf((item) => item === LIST, isUserId);
  const [, after] = cursor === undefined ? [] : decodeCursor(userId, cursor, 'cursor', schema);
  const page = await blocks.blocks(userId, { after, limit: LIMITS.pageMax });
  const last = page.blocks.at(-1);
  return {
    blocks: page.blocks,
    cursor: page.more && last ? encodeCursor(userId, [LIST, last.userId]) : null,
  };
}

const LIST = 'blocks';
