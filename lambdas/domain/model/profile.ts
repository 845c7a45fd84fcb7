import type { Profile } from '../../../protocol/people.ts';

/** What a user says about themselves. */
export type ProfileFacts = { readonly [Field in 'name' | 'avatar' | 'custom']?: Profile[Field] | undefined };

export interface ProfileWriter {
  /** Replaces the whole profile. Its version grows if the facts are different. Idempotent. */
  put(userId: string, facts: ProfileFacts): Promise<Profile>;
}
