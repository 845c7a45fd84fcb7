import type { ProfileFacts, ProfileReader, ProfileWriter } from '../../../lambdas/domain/model/profile.ts';
import type { ProfileCache } from '../../../lambdas/domain/model/profile-source.ts';
import { canonicalJson } from '../../../lambdas/shared/json.ts';
import type { Profile } from '../../../protocol/people.ts';

interface Row {
  /** Canonical JSON of the facts; `null`: there is none. */
  readonly text: string;
  readonly version: number;
  readonly askedAtMs?: number;
}

export function inMemoryProfiles(): ProfileReader &
  ProfileWriter &
  ProfileCache & { forget(userId: string): void } {
  const rows = new Map<string, Row>();
  const shown = (userId: string): Profile | undefined => {
    const { text, version } = rows.get(userId) ?? { text: 'null', version: 0 };
    return text === 'null' ? undefined : { userId, ...JSON.parse(text), version };
  };
  const set = (userId: string, text: string, more: object = {}) => {
    const { text: before, version = 0 } = rows.get(userId) ?? {};
    rows.set(userId, { text, version: before === text ? version : version + 1, ...more });
  };
  const textOf = (facts: ProfileFacts | undefined) =>
    facts === undefined ? 'null' : canonicalJson(facts, '');
  return {
    forget: (userId) => void rows.delete(userId),
    async profiles(userIds) {
      return userIds.flatMap((userId) => shown(userId) ?? []);
    },
    async put(userId, facts) {
      set(userId, textOf(facts));
      return shown(userId) as Profile;
    },
    async create(userId, facts) {
      if (shown(userId) !== undefined) return false;
      set(userId, textOf(facts));
      return true;
    },
    async kept(userIds) {
      return new Map(
        userIds.flatMap((userId) => {
          const row = rows.get(userId);
          return row === undefined
            ? []
            : [[userId, { profile: shown(userId), askedAtMs: row.askedAtMs ?? 0 }] as const];
        }),
      );
    },
    async keep(userId, facts, { askedAtMs }) {
      if ((rows.get(userId)?.askedAtMs ?? 0) <= askedAtMs) set(userId, textOf(facts), { askedAtMs });
      return shown(userId);
    },
  };
}
