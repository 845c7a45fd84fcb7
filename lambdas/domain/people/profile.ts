import { LIMITS } from '../../../protocol/limits.ts';
import type { Profile } from '../../../protocol/people.ts';
import { InvalidRequestError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/json.ts';
import type { ProfileFacts, ProfileWriter } from '../model/profile.ts';

export interface ProfilePorts {
  readonly profileWriter: ProfileWriter;
}

/**
 * Replaces the user's profile (IM-PROFILE-1).
 * @throws {InvalidRequestError} `custom` is larger than 1 KB, or not JSON that all clients can read
 */
export async function putProfile(
  { profileWriter }: ProfilePorts,
  userId: string,
  facts: ProfileFacts,
): Promise<Profile> {
  if (facts.custom !== undefined) requireSmall(facts.custom);
  return profileWriter.put(userId, facts);
}

function requireSmall(custom: object): void {
  const bytes = Buffer.byteLength(canonicalJson(custom, 'custom'));
  if (bytes <= LIMITS.profileCustomBytes) return;
  const message = `has ${bytes} bytes; at most ${LIMITS.profileCustomBytes} are allowed`;
  throw new InvalidRequestError([{ path: 'custom', message }]);
}
