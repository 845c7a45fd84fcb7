import type { Recruited } from '../people-history.ts';
import type { At, Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** The AWS SDK tries so often to count; each time but the last its answer may have been lost. */
const COUNTED_AT_MOST = 3;

/** IM-BUDGET-3: a user meets at most so many strangers, those of whom a request says so and none who was refused, and nobody is refused before. */
export function findWronglyMet(evidence: Evidence): Violation[] {
  const tries = evidence.of('recruited');
  return evidence.of('met').flatMap(({ at, user, people, atMost }) => {
    const own = tries.filter((one) => one.user === user);
    const met = new Set(people);
    const may = new Set(own.flatMap((one) => (one.outcome === 'refused' ? [] : one.people)));
    const wrong = (text: string, events: readonly number[]): Violation => {
      return { invariant: 'IM-BUDGET', kind: 'wrongly-met', text: `${user} ${text}`, events };
    };
    const lost = own.filter((one) => one.outcome === 'done' && one.people.some((person) => !met.has(person)));
    const refused = people.filter((person) => !may.has(person));
    return [
      ...(met.size > atMost ? [wrong(`has met ${met.size} strangers; at most ${atMost}`, [at])] : []),
      ...(met.size < people.length ? [wrong('has met somebody twice', [at])] : []),
      ...lost.map((one) => wrong(`met strangers who do not know of it (${one.way})`, [one.at, at])),
      ...refused.map((person) => wrong(`has met ${person} against a refusal`, [at])),
      ...own
        .filter((one) => isAtLimit(one) && countBefore(own, one) <= atMost)
        .map((one) =>
          wrong(`was refused ${one.people.length} strangers before the limit`, [one.begun, one.at]),
        ),
    ];
  });
}

export function isAtLimit({ code }: Recruited): boolean {
  return code === 'limit_reached';
}

/** The most that may have been counted when this one was refused, with its own people. */
function countBefore(own: readonly At<Recruited>[], { at }: At<Recruited>): number {
  return own
    .filter(({ begun }) => begun <= at)
    .reduce((sum, { people }) => sum + people.length * COUNTED_AT_MOST, 0);
}
