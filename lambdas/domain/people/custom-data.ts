import { LIMITS } from '../../../protocol/limits.ts';
import { InvalidRequestError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/json.ts';

/** @throws {InvalidRequestError} `custom` is larger than 1 KB, or not JSON that all clients can read */
export function requireSmall(custom: object): void {
  const bytes = Buffer.byteLength(canonicalJson(custom, 'custom'));
  if (bytes <= LIMITS.profileCustomBytes) return;
  const message = `has ${bytes} bytes; at most ${LIMITS.profileCustomBytes} are allowed`;
  throw new InvalidRequestError([{ path: 'custom', message }]);
}
