import type { Profile } from '../../../protocol/people.ts';

/** The parts of a profile that its user sets. */
export type ProfileFacts = { readonly [Field in 'name' | 'avatar' | 'custom']?: Profile[Field] | undefined };

export interface ProfileWriter {
  /** Replaces the whole profile. Its version grows if the facts are different. Idempotent. */
  put(userId: string, facts: ProfileFacts): Promise<Profile>;
  /** Makes the first profile of a user. @returns false if there is one, which stays as it is */
  create(userId: string, facts: ProfileFacts): Promise<boolean>;
}

export interface ProfileReader {
  /**
   * The profiles of up to 100 distinct users, in the order of `userIds`. Leaves out those without one.
   * @param mayBeStale half the units, but a profile may lack what was written in the last second
   */
  profiles(userIds: readonly string[], mayBeStale: boolean): Promise<readonly Profile[]>;
}
