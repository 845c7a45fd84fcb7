import type { BlockTried } from '../people-history.ts';

type At<Event> = Event & { readonly at: number };

interface Pair {
  readonly user: string;
  readonly peer: string;
}

/** From an event after which the user had surely blocked the peer until one that may have ended that. */
export interface BlockPeriod extends Pair {
  readonly since: number;
  readonly until: number;
}

/** The periods in which blocks were surely in effect. @param erasures of the users who have blocked somebody: they take their blocks */
export function blockPeriodsOf(
  tries: readonly At<BlockTried>[],
  erasures: readonly { readonly user: string; readonly begun: number }[],
): BlockPeriod[] {
  return tries
    .filter(({ on, outcome }) => on && outcome === 'done')
    .flatMap(({ user, peer, begun, at }): BlockPeriod[] => {
      const lifts = tries.filter(
        (one) => isOf(one, { user, peer }) && !one.on && one.outcome !== 'refused' && endOf(one) > begun,
      );
      const ends = [...lifts, ...erasures.filter((one) => one.user === user)].map((one) => one.begun);
      const until = Math.min(...ends, Number.POSITIVE_INFINITY);
      return until < at ? [] : [{ user, peer, since: at, until }];
    });
}

/** Whether the user may have blocked the peer at any time between these events. */
export function isBlockPossible(
  tries: readonly At<BlockTried>[],
  pair: Pair,
  since: number,
  until: number,
): boolean {
  const own = tries.filter((one) => isOf(one, pair) && one.outcome !== 'refused');
  const lifts = own.filter(({ on, outcome, at }) => !on && outcome === 'done' && at <= since);
  return own
    .filter(({ on, begun }) => on && begun < until)
    .some((block) => !lifts.some(({ begun }) => begun >= endOf(block)));
}

/** One whose answer is unknown may take effect at any time. */
function endOf({ outcome, at }: At<BlockTried>): number {
  return outcome === 'unknown' ? Number.POSITIVE_INFINITY : at;
}

function isOf(one: BlockTried, { user, peer }: Pair): boolean {
  return one.user === user && one.peer === peer;
}
