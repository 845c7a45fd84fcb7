import type { Profile } from '../../../protocol/people.ts';
import type { ProfileFacts } from './profile.ts';

/** What is kept of a user whom the source was asked about. */
export interface KeptProfile {
  /** `undefined`: the source says that there is none. */
  readonly profile: Profile | undefined;
  /** When the source was asked; 0: the user or an operator wrote the profile before there was a source. */
  readonly askedAtMs: number;
}

/** Profiles as the source gave them. */
export interface ProfileCache {
  /** Those of up to 100 distinct users. @param mayBeStale half the units, and up to a second old */
  kept(userIds: readonly string[], mayBeStale: boolean): Promise<ReadonlyMap<string, KeptProfile>>;
  /**
   * Keeps what the source says, unless a later answer is kept. The version grows only if the facts differ from what is kept.
   * @param facts `undefined`: there is none
   * @param asked when the source was asked, and what was kept before: only saves a call
   * @returns what is kept now
   */
  keep(
    userId: string,
    facts: ProfileFacts | undefined,
    asked: { readonly askedAtMs: number; readonly before?: KeptProfile | undefined },
  ): Promise<Profile | undefined>;
}

/** The operator's function that knows the profiles of the business's users (IM-PROFILE-3). */
export interface ProfileSource {
  readonly ttlMs: number;
  /**
   * Asks about up to 100 users, once.
   * @returns the function's answer, unchecked
   * @throws {InvocationError} it gave none in time
   */
  ask(question: { readonly userIds: readonly string[] }): Promise<unknown>;
}
