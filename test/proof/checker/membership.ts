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
    const { event, users, by } = changeIn(content);
    if (isDesk(event)) changeChat(periods, seq, { event, users, by });
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

interface Change {
  readonly event: string;
  readonly users: readonly string[];
  readonly by: string;
}

function changeIn(content: unknown): Change {
  const { type, event = '', users = [], by = '' } = content as Partial<Change> & { type?: string };
  return type === 'system' ? { event, users, by } : { event: '', users: [], by };
}

function isDesk(event: string): boolean {
  return event === 'opened' || event === 'assigned' || event === 'transferred' || event === 'requeued';
}

/** The customer is in from the start; an agent, while the chat is theirs, sees all of it (IM-DESK-2). */
function changeChat(periods: Map<string, Period[]>, seq: number, { event, users, by }: Change): void {
  if (event === 'opened') {
    periods.set(by, [{ from: seq, to: Number.POSITIVE_INFINITY }]);
    return;
  }
  // The first to come in is the customer, who stays.
  for (const all of [...periods.values()].slice(1)) {
    const last = all.at(-1);
    if (last?.to === Number.POSITIVE_INFINITY) all[all.length - 1] = { ...last, to: seq };
  }
  if (event === 'requeued') return;
  for (const user of users)
    periods.set(user, [...(periods.get(user) ?? []), { from: 1, to: Number.POSITIVE_INFINITY }]);
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
