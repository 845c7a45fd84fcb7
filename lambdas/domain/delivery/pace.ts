import type { Clock, Pause } from '../../shared/clock.ts';

/** Waits until so many more posts keep to the rate. */
export type Pace = (posts: number) => Promise<void>;

export interface Rate {
  readonly perSecond: number;
  /** Posts that an idle worker may make at once. */
  readonly burst: number;
}

/**
 * Returns a pace that spreads posts evenly once the burst is used up. Keep one for the life of an instance: with one for
 * each job, the bursts would add up to any rate.
 */
export function createPace({ perSecond, burst }: Rate, clock: Clock, pause: Pause): Pace {
  let nextMs = 0;
  const toleranceMs = (burst * 1000) / perSecond;
  return async (posts) => {
    const nowMs = clock();
    const startMs = Math.max(nextMs, nowMs - toleranceMs);
    nextMs = startMs + (posts * 1000) / perSecond;
    // Posts beyond the burst wait until the rate allows the last of them.
    const waitMs = nextMs - nowMs;
    if (waitMs > 0) await pause(waitMs);
  };
}
