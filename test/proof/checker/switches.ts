import type { Effect } from '../history.ts';

/** One try to turn something on, or off: a block, or the silence of a conversation. */
export interface Switched {
  readonly at: number;
  readonly on: boolean;
  readonly begun: number;
  readonly outcome: Effect;
}

/** From an event after which it was surely on until one that may have ended that. */
export interface Period {
  /** The log index of the request that turned it on. */
  readonly begun: number;
  readonly since: number;
  readonly until: number;
}

/** When it was surely on. @param tries of one switch @param ends what turns it off, too */
export function surelyOn(
  tries: readonly Switched[],
  ends: readonly { readonly begun: number }[] = [],
): Period[] {
  return tries
    .filter(({ on, outcome }) => on && outcome === 'done')
    .flatMap(({ begun, at }): Period[] => {
      const offs = tries.filter((one) => !one.on && one.outcome !== 'refused' && endOf(one) > begun);
      const until = Math.min(...[...offs, ...ends].map((one) => one.begun), Number.POSITIVE_INFINITY);
      return until < at ? [] : [{ begun, since: at, until }];
    });
}

/** Whether it may have been on at any time between these events. @param tries of one switch */
export function isMaybeOn(tries: readonly Switched[], since: number, until: number): boolean {
  const own = tries.filter(({ outcome }) => outcome !== 'refused');
  const offs = own.filter(({ on, outcome, at }) => !on && outcome === 'done' && at <= since);
  return own
    .filter(({ on, begun }) => on && begun < until)
    .some((one) => !offs.some(({ begun }) => begun >= endOf(one)));
}

/** The end of its effect's chance. One whose answer is unknown may take effect at any time. */
export function endOf({ outcome, at }: Pick<Switched, 'outcome' | 'at'>): number {
  return outcome === 'unknown' ? Number.POSITIVE_INFINITY : at;
}
