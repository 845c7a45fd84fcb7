import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECEIVES, returnDelaySeconds } from '../../../lambdas/shared/queue-retry.ts';

const OUTAGE_SECONDS = 30 * 60;
const LONGEST_SECONDS = 300;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
/** The waits before each receive but the first, if every one fails. */
const waits = (draws: readonly number[]) => draws.map((draw, index) => returnDelaySeconds(index + 1, draw));
const draws = fc.array(random, { minLength: MAX_RECEIVES - 1, maxLength: MAX_RECEIVES - 1 });

describe('the wait of a failed record', () => {
  it('keeps a job through any outage of half an hour, whatever the jitter', () => {
    fc.assert(
      fc.property(draws, (each) => {
        const lastTry = waits(each).reduce((sum, seconds) => sum + seconds, 0);
        expect(lastTry).toBeGreaterThanOrEqual(OUTAGE_SECONDS);
      }),
    );
  });

  it('ends at most five minutes after the outage, and within seconds after a short one', () => {
    fc.assert(
      fc.property(draws, (each) => {
        expect(Math.max(...waits(each))).toBeLessThanOrEqual(LONGEST_SECONDS);
        expect(
          waits(each)
            .slice(0, 3)
            .every((seconds) => seconds <= 8),
        ).toBe(true);
      }),
    );
  });

  it('is a whole number of seconds, since SQS takes no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), random, (count, draw) => {
        expect(Number.isInteger(returnDelaySeconds(count, draw))).toBe(true);
        expect(returnDelaySeconds(count, draw)).toBeGreaterThan(0);
      }),
    );
  });

  it('spreads records that failed together over half of the longest wait', () => {
    const spread = new Set(Array.from({ length: 1000 }, (_, n) => returnDelaySeconds(12, n / 1000)));
    expect(spread.size).toBeGreaterThanOrEqual(LONGEST_SECONDS / 2);
  });

  it('is short after the last try, so that the dead letter shows', () => {
    expect(returnDelaySeconds(MAX_RECEIVES, 0.9)).toBe(1);
  });
});
