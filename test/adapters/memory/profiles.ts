import type { ProfileReader, ProfileWriter } from '../../../lambdas/domain/model/profile.ts';
import { canonicalJson } from '../../../lambdas/shared/json.ts';
import type { Profile } from '../../../protocol/people.ts';

export function inMemoryProfiles(): ProfileReader & ProfileWriter {
  const profiles = new Map<string, Profile & { readonly text: string }>();
  const shown = ({ text: _, ...profile }: Profile & { readonly text: string }): Profile => profile;
  return {
    async profiles(userIds) {
      return userIds.flatMap((userId) => {
        const profile = profiles.get(userId);
        return profile === undefined ? [] : [shown(profile)];
      });
    },
    async put(userId, facts) {
      const text = canonicalJson(facts, '');
      const { text: before, version = 0 } = profiles.get(userId) ?? {};
      const profile = { userId, ...JSON.parse(text), version: before === text ? version : version + 1, text };
      profiles.set(userId, profile);
      return shown(profile);
    },
  };
}
