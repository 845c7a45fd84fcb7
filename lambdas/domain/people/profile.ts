import type { Profile, ProfilesBody } from '../../../protocol/people.ts';
import { ForbiddenError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Budget } from '../model/budget.ts';
import { readsPrice } from '../model/prices.ts';
import type { ProfileFacts, ProfileReader, ProfileWriter } from '../model/profile.ts';
import { requireSmall } from './custom-data.ts';
import type { SourcedProfiles } from './profile-source.ts';

export interface ProfilePorts {
  readonly budget: Budget;
  readonly profiles: ProfileReader;
  readonly profileWriter: ProfileWriter;
  /** `undefined`: profiles are what users say of themselves. */
  readonly sourcedProfiles?: SourcedProfiles | undefined;
}

/**
 * Replaces the user's profile (IM-PROFILE-1).
 * @throws {ForbiddenError} another system keeps the profiles (IM-PROFILE-3)
 * @throws {InvalidRequestError} `custom` is larger than 1 KB, or not JSON that all clients can read
 */
export async function putProfile(
  { profileWriter, sourcedProfiles }: Pick<ProfilePorts, 'profileWriter' | 'sourcedProfiles'>,
  userId: string,
  facts: ProfileFacts,
): Promise<Profile> {
  if (sourcedProfiles !== undefined) throw new ForbiddenError('Another system keeps the profiles.');
  if (facts.custom !== undefined) requireSmall(facts.custom);
  return profileWriter.put(userId, facts);
}

/**
 * Lists profiles of up to 100 users, for anyone who has a token (IM-PROFILE-2). A user who asks for their own profile has just
 * signed in or saved it, so that request reads strongly. Others' profiles are kept by clients for minutes, so a second of
 * staleness doesn't matter, and half the units do.
 */
export async function listProfiles(
  { profiles, sourcedProfiles, budget }: Pick<ProfilePorts, 'profiles' | 'sourcedProfiles' | 'budget'>,
  userId: string,
  userIds: readonly string[],
): Promise<ProfilesBody> {
  const wanted = [...new Set(userIds)];
  const mayBeStale = !userIds.includes(userId);
  const [found] = await settleAll([
    sourcedProfiles === undefined
      ? profiles.profiles(wanted, mayBeStale)
      : sourcedProfiles.profiles(wanted, mayBeStale, budget),
    budget.charge(readsPrice(wanted.length / 2)),
  ]);
  return { profiles: found };
}
