import type { ErrorCode } from '../../protocol/codes.ts';
import { type Clock, systemClock } from './clock.ts';
import { logger } from './logger.ts';

/** A flood of bad frames must not become a flood of lines: an instance writes one for each code in this time. */
const LINE_EVERY_MS = 10_000;

/**
 * Returns a function that logs refusals by code, since an access log has status 200 for a refused frame. The first one is logged
 * at once, and the next line of its code says how often it has happened since. What an instance counts in its last ten seconds is lost.
 */
export function createRefusalLog(clock: Clock = systemClock): (code: ErrorCode) => void {
  const kept = new Map<ErrorCode, { readonly loggedAtMs: number; readonly times: number }>();
  return (code) => {
    const { loggedAtMs, times } = kept.get(code) ?? { loggedAtMs: Number.NEGATIVE_INFINITY, times: 0 };
    const now = clock();
    if (now - loggedAtMs < LINE_EVERY_MS) {
      kept.set(code, { loggedAtMs, times: times + 1 });
      return;
    }
    kept.set(code, { loggedAtMs: now, times: 0 });
    logger.info('refused', { code, times: times + 1 });
  };
}

/** The refusals of this instance. */
export const noteRefusal = createRefusalLog();
