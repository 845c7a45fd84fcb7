import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { parseConversationId, USER_ID } from '../../protocol/ids.ts';
import { InvalidRequestError } from './errors.ts';

const CHECKSUM_CHARS = 22;

/**
 * Encodes strings as an opaque cursor for one user: the entry ids of an inbox page, or a position in a list. The checksum
 * detects a cursor that was altered or is another user's (IM-REFUSE-5). It needs no secret: whatever a cursor contains
 * is only looked up under the caller's own key.
 */
export function encodeCursor(userId: string, items: readonly string[]): string {
  const payload = Buffer.from(JSON.stringify(items)).toString('base64url');
  return `${payload}.${checksum(userId, payload)}`;
}

/**
 * @param schema what a cursor of this list contains. A client can compute a checksum for any content, and DynamoDB fails
 *   on a key that is malformed, too long, or beyond the end of a range.
 * @throws {InvalidRequestError} `encodeCursor` did not make it for this user and list
 */
export function decodeCursor<Schema extends z.ZodMiniType>(
  userId: string,
  cursor: string,
  path: string,
  schema: () => Schema,
): z.output<Schema> {
  const [payload, sum, ...rest] = cursor.split('.');
  const isGenuine = payload !== undefined && rest.length === 0 && sum === checksum(userId, payload);
  const items = z.safeParse(schema(), isGenuine ? parsed(payload) : undefined);
  if (!items.success)
    throw new InvalidRequestError([{ path, message: 'was not issued to you by this server' }]);
  return items.data;
}

type ItemTest = (item: string) => boolean;

/** The schema of a cursor with an item for each test. `z.tuple` would add 2 KB to the bundles. */
export function cursorOf(...tests: readonly ItemTest[]): z.ZodMiniType<readonly string[]> {
  return z
    .array(z.string())
    .check(
      z.refine((items) => items.length === tests.length && tests.every((fits, n) => fits(items[n] ?? ''))),
    );
}

export const isUserId: ItemTest = (item) => USER_ID.test(item);
export const isConversationId: ItemTest = (item) => parseConversationId(item) !== undefined;

function parsed(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function checksum(userId: string, payload: string): string {
  return createHash('sha256').update(`${userId}\n${payload}`).digest('base64url').slice(0, CHECKSUM_CHARS);
}
