import { createHash } from 'node:crypto';
import { InvalidRequestError } from './errors.ts';

const CHECKSUM_CHARS = 22;

/**
 * An opaque text of strings for one user: an inbox page's entry keys, a list's position. The checksum over user and
 * list finds what was altered or is another user's (IM-REFUSE-5). It is no secret and needs none: whatever it names is
 * only ever looked up below the caller's own key.
 */
export function encodeCursor(userId: string, items: readonly string[]): string {
  const payload = Buffer.from(JSON.stringify(items)).toString('base64url');
  return `${payload}.${checksum(userId, payload)}`;
}

/** @throws {InvalidRequestError} not made by `encodeCursor` for this user */
export function decodeCursor(userId: string, sealed: string, path: string): string[] {
  const [payload, sum, ...rest] = sealed.split('.');
  const isGenuine = payload !== undefined && rest.length === 0 && sum === checksum(userId, payload);
  const items = isGenuine ? textsIn(payload) : undefined;
  if (items === undefined) {
    throw new InvalidRequestError([{ path, message: 'was not given to you by this server' }]);
  }
  return items;
}

/** Anybody can make a checksum for themselves, of whatever they like. */
function textsIn(payload: string): string[] | undefined {
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
