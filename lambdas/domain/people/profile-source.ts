import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { type Profile, profileSchema } from '../../../protocol/people.ts';
import type { Clock } from '../../shared/clock.ts';
import { requireShallow } from '../../shared/json.ts';
import { describe, logger } from '../../shared/logger.ts';
import { parseWith } from '../../shared/parse.ts';
import { settleAll } from '../../shared/settle.ts';
import { userHashOf } from '../../shared/user-hash.ts';
import type { Budget } from '../model/budget.ts';
import { keptProfilesPrice } from '../model/prices.ts';
import type { ProfileFacts } from '../model/profile.ts';
import type { KeptProfile, ProfileCache, ProfileSource } from '../model/profile-source.ts';
import { requireSmall } from './custom-data.ts';

/** Profiles of the business's own users, asked for when they are missing or outdated (IM-PROFILE-3, ADR 48). */
export interface SourcedProfiles {
  /** In the order of `userIds`, which are distinct and up to 100. Leaves out users without a profile. */
  profiles(userIds: readonly string[], mayBeStale: boolean, budget: Budget): Promise<readonly Profile[]>;
}

export interface SourcedProfilesOptions {
  readonly source: ProfileSource;
  readonly cache: ProfileCache;
  readonly clock: Clock;
  /** @default Math.random */
  readonly random?: () => number;
}

/** An instance doesn't ask again for this long after a failure: nobody waits for a source that is down. */
const PAUSE_MS = 10_000;
/** From this part of its time on, one reader in twenty has a profile refreshed: the others need not wait when its time is over. */
const EARLY = { part: 0.9, probability: 0.05 };

/** One for the whole instance. */
export function createSourcedProfiles(options: SourcedProfilesOptions): SourcedProfiles {
  const { source, cache, clock, random = Math.random } = options;
  let pausedUntilMs = 0;

  function isDue(kept: KeptProfile | undefined, nowMs: number): boolean {
    if (kept === undefined) return true;
    const age = (nowMs - kept.askedAtMs) / source.ttlMs;
    return age >= 1 || (age >= EARLY.part && random() < EARLY.probability);
  }

  /** What the source says, by user. Empty if it can't be asked now. */
  async function ask(
    userIds: readonly string[],
    kept: ReadonlyMap<string, KeptProfile>,
  ): Promise<ReadonlyMap<string, ProfileFacts | undefined>> {
    try {
      const answer = parseWith(answerSchema, await source.ask({ userIds }));
      return factsIn(answer.profiles, userIds, kept);
    } catch (error) {
      pausedUntilMs = clock() + PAUSE_MS;
      logger.error('profile source failed', { error: describe(error) });
      return new Map();
    }
  }

  return {
    async profiles(userIds, mayBeStale, budget) {
      const kept = await cache.kept(userIds, mayBeStale);
      const nowMs = clock();
      const due = nowMs < pausedUntilMs ? [] : userIds.filter((userId) => isDue(kept.get(userId), nowMs));
      const said = due.length === 0 ? new Map<string, ProfileFacts | undefined>() : await ask(due, kept);
      const [refreshed] = await settleAll([
        Promise.all(
          [...said].map(async ([userId, facts]) => {
            const asked = { askedAtMs: nowMs, before: kept.get(userId) };
            return [userId, await cache.keep(userId, facts, asked)] as const;
          }),
        ),
        due.length > 0 && budget.charge(keptProfilesPrice(said.size)),
      ]);
      const fresh = new Map(refreshed);
      return userIds.flatMap(
        (userId) => (fresh.has(userId) ? fresh.get(userId) : kept.get(userId)?.profile) ?? [],
      );
    },
  };
}

const answerSchema = lazySchema(() => z.object({ profiles: z.array(z.looseObject({ userId: z.string() })) }));

/**
 * A user whom the answer leaves out has no profile. Of one whose profile is refused, what is kept stays, and counts as the answer:
 * otherwise each reader would ask again, and wait.
 */
function factsIn(
  profiles: readonly { readonly userId: string }[],
  asked: readonly string[],
  kept: ReadonlyMap<string, KeptProfile>,
): ReadonlyMap<string, ProfileFacts | undefined> {
  const facts = new Map<string, ProfileFacts | undefined>(asked.map((userId) => [userId, undefined]));
  for (const profile of profiles) {
    const { userId } = profile;
    if (!facts.has(userId)) continue;
    try {
      requireShallow(profile);
      const own = parseWith(profileSchema, withoutNulls(profile));
      if (own.custom !== undefined) requireSmall(own.custom);
      facts.set(userId, own);
    } catch (error) {
      const { userId: _, version: __, ...before } = kept.get(userId)?.profile ?? {};
      facts.set(userId, kept.get(userId)?.profile && before);
      logger.error('profile refused', { userHash: userHashOf(userId), error: describe(error) });
    }
  }
  return facts;
}

/** Databases say `null` where our clients leave a field out. */
function withoutNulls(profile: object): object {
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== null));
}
