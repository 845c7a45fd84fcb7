import { LIMITS } from '../../../protocol/limits.ts';
import type { Profile, ProfilesBody } from '../../../protocol/people.ts';
import { InvalidRequestError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/json.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Budget } from '../model/budget.ts';
import { readsPrice } from '../model/prices.ts';
import type { ProfileFacts, ProfileReader, ProfileWriter } from '../model/profile.ts';

export interface ProfilePorts {
  readonly budget: Budget;
  readonly profiles: ProfileReader;
  readonly profileWriter: ProfileWriter;
}

/**
 * Replaces the user's profile (IM-PROFILE-1).
 * @throws {InvalidRequestError} `custom` is larger than 1 KB, or not JSON that all clients can read
 */
export async function putProfile(
  { profileWriter }: Pick<ProfilePorts, 'profileWriter'>,
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

/**
 * Lists profiles of up to 100 users, for anyone who has a token (IM-PROFILE-2). A user who asks for their own profile has just
 * signed in or saved it, so that request reads strongly. Others' profiles are kept by clients for minutes, so a second of
 * staleness doesn't matter, and half the units do.
 */
export async function listProfiles(
  { profiles, budget }: Pick<ProfilePorts, 'profiles' | 'budget'>,
  userId: string,
  userIds: readonly string[],
): Promise<ProfilesBody> {
  const wanted = [...new Set(userIds)];
  const [found] = await settleAll([
    profiles.profiles(wanted, !userIds.includes(userId)),
    budget.charge(readsPrice(wanted.length / 2)),
  ]);
  return { profiles: found };
}
