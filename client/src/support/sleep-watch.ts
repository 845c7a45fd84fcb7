import type { Cancel, Environment } from './environment.ts';

const TICK_MS = 1_500;
/** If a timer is later than this, the device slept. */
const LATE_MS = 3_000;

/**
 * Calls `wake` when the device has slept: then a timer comes much too late by the wall clock. Node and phones send no event
 * for that. Browsers slow down the timers of hidden pages, so a hidden page doesn't count as asleep.
 */
export function watchForSleep(
  environment: Pick<Environment, 'after' | 'wallClockMs'>,
  wake: () => void,
): Cancel {
  let lastMs = environment.wallClockMs();
  const tick = (): void => {
    const nowMs = environment.wallClockMs();
    const { document } = globalThis as { document?: Document };
    if (nowMs - lastMs > TICK_MS + LATE_MS && document?.visibilityState !== 'hidden') wake();
    lastMs = nowMs;
    cancel = environment.after(TICK_MS, tick);
  };
  let cancel = environment.after(TICK_MS, tick);
  return () => cancel();
}
