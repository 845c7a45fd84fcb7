import { createHash } from 'node:crypto';
import { encodeTime } from 'ulid';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID of this time that is the same for the same text. @param timeMs epoch milliseconds */
export function derivedUlid(text: string, timeMs: number): string {
  const hash = createHash('sha256').update(text).digest();
  const random = [...hash.subarray(0, 16)].map((byte) => CROCKFORD[byte % 32]).join('');
  return encodeTime(timeMs, 10) + random;
}
