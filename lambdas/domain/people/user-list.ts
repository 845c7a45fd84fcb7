import { LIMITS } from '../../../protocol/limits.ts';
import { cursorOf, decodeCursor, encodeCursor, isUserId } from '../../shared/cursor.ts';
import { InvalidRequestError } from '../../shared/errors.ts';
import type { ListRange } from '../model/list-range.ts';

/** @throws {InvalidRequestError} `other` is the user themselves */
export function requireOther(userId: string, other: string): void {
  if (other === userId) throw new InvalidRequestError([{ path: 'userId', message: 'must not be yourself' }]);
}

/**
 * Reads a page of a list of users, 100 a page, ordered by user id.
 * @param name of the list: a cursor of another one is refused
 * @throws {InvalidRequestError} the cursor was altered, or is another user's or list's
 */
export async function readPage<Entry extends { readonly userId: string }>(
  name: 'contacts' | 'blocks',
  userId: string,
  cursor: string | undefined,
  read: (range: ListRange) => Promise<readonly Entry[]>,
): Promise<{ readonly entries: readonly Entry[]; readonly cursor: string | null }> {
  const schema = () => cursorOf((item) => item === name, isUserId);
  const [, after] = cursor === undefined ? [] : decodeCursor(userId, cursor, 'cursor', schema);
  // One extra row shows whether there is a next page.
  const found = await read({ after, limit: LIMITS.pageMax + 1 });
  const entries = found.slice(0, LIMITS.pageMax);
  const last = entries.at(-1);
  const hasMore = found.length > entries.length;
  return { entries, cursor: hasMore && last ? encodeCursor(userId, [name, last.userId]) : null };
}
