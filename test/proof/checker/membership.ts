import type { Membership, SeenMessage } from '../history.ts';

/** From a user's join to the removal, both included, by the conversation's history. */
export interface Period {
  readonly from: number;
  /** Infinity: still a member. */
  readonly to: number;
}

/** The membership spans, by the group's system messages. */
export function periodsOf(record: readonly SeenMessage[]): ReadonlyMap<string, readonly Period[]> {
  const periods = new Map<string, Period[]>();
  for (const { seq, content } of record) {
    const { event, users } = changeIn(content);
    for (const user of users) {
      const all = periods.get(user) ?? [];
      periods.set(user, all);
      const last = all.at(-1);
      const isIn = last !== undefined && last.to === Number.POSITIVE_INFINITY;
      if ((event === 'created' || event === 'joined') && !isIn)
        all.push({ from: seq, to: Number.POSITIVE_INFINITY });
      if ((event === 'left' || event === 'removed') && isIn) all[all.length - 1] = { ...last, to: seq };
    }
  }
  return periods;
}

function changeIn(content: unknown): { readonly event: string; readonly users: readonly string[] } {
  const { type, event = '', users = [] } = content as { type?: string; event?: string; users?: string[] };
  return type === 'system' ? { event, users } : { event: '', users: [] };
}

type At<Event> = Event & { readonly at: number };

/**
 * No change was under way between these events, and the last one took this user out, or there was none: who asks then
 * must be told nothing.
 */
export function isOut(changes: readonly At<Membership>[], since: number, until: number): boolean {
  const adds = changes.filter(({ change, outcome }) => change === 'add' && outcome !== 'refused');
  if (adds.every(({ begun }) => begun > until)) return true;
  return changes.some(
    (removal) =>
      removal.change === 'remove' &&
      removal.outcome === 'done' &&
      removal.at < since &&
      adds.every((add) => add.at < removal.begun || add.begun > until),
  );
}

/** The addition since which this user is certainly a member to the end; `undefined` if there is none. */
export function additionBefore(changes: readonly At<Membership>[], at: number): At<Membership> | undefined {
  const removals = changes.filter(({ change, outcome }) => change === 'remove' && outcome !== 'refused');
  return changes.findLast(
    (add) =>
      add.change === 'add' &&
      add.outcome === 'done' &&
      add.at < at &&
      removals.every((removal) => removal.at < add.begun),
  );
}
