import { createHash } from 'node:crypto';
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

/** @throws {InvalidRequestError} `encodeCursor` did not make it for this user */
export function decodeCursor(userId: string, cursor: string, path: string): string[] {
  const [payload, sum, ...rest] = cursor.split('.');
  const isGenuine = payload !== undefined && rest.length === 0 && sum === checksum(userId, payload);
  const items = isGenuine ? parseStrings(payload) : undefined;
  if (items === undefined) {
    throw new InvalidRequestError([{ path, message: 'was not issued to you by this server' }]);
  }
  return items;
}

/** Needs its checks, since a client can compute a checksum for any payload. */
function parseStrings(payload: string): string[] | undefined {
  try {
    const items: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return Array.isArray(items) && items.every((item) => typeof item === 'string') ? items : undefined;
  } catch {
    return undefined;
  }
}

function checksum(userId: string, payload: string): string {
  return createHash('sha256').update(`${userId}\n${payload}`).digest('base64url').slice(0, CHECKSUM_CHARS);
}
