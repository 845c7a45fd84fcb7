import { createHash } from 'node:crypto';

/**
 * A user in logs: 16 hexadecimal digits, which tell users apart and are no one's id. Anyone who knows the
 * user ids can find out whose it is.
 * @example printf %s alice | sha256sum | cut -c 1-16
 */
export function userHashOf(userId: string): string {
  return createHash('sha256').update(userId).digest('hex').slice(0, 16);
}
