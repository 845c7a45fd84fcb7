import { LIMITS } from '../../../protocol/limits.ts';
import type { BlocksBody } from '../../../protocol/people.ts';
import type { Clock } from '../../shared/clock.ts';
import { LimitReachedError } from '../../shared/errors.ts';
import type { BlockReader, BlockWriter } from '../model/block.ts';
import { readPage, requireOther } from './user-list.ts';

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
  requireOther(userId, blocked);
  if (await blockWriter.block(userId, { userId: blocked, at: clock() }, LIMITS.maxBlocks)) return;
  throw new LimitReachedError(`A user may block at most ${LIMITS.maxBlocks.toLocaleString('en-US')} others.`);
}

/**
 * Lists the users whom this one has blocked.
 * @throws {InvalidRequestError} the cursor was altered, or is another user's
 */
export async function listBlocks(
  { blocks }: BlockPorts,
  userId: string,
  cursor: string | undefined,
): Promise<BlocksBody> {
  const page = await readPage('blocks', userId, cursor, (range) => blocks.blocks(userId, range));
  return { blocks: page.entries, cursor: page.cursor };
}
