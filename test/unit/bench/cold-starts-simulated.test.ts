/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { coldShare, KEPT_SECONDS } from '../../../bench/cost/cold-starts.ts';
import { randomFrom } from '../random-from.ts';

const HOUR = 3_600;

describe('the share of requests that meet a cold start', () => {
  it.each([
    [30 / HOUR, 0.05],
    [0.1, 0.05],
    [1, 0.05],
    [1, 0.5],
  ])('matches a simulation: %d a second of %d s', (perSecond, runSeconds) => {
    const formula = coldShare(perSecond, runSeconds);
    // Some 500 of them should meet one.
    const simulated = simulate(perSecond, runSeconds, Math.ceil(700 / formula));
    expect(formula / simulated).toBeGreaterThan(0.85);
    expect(formula / simulated).toBeLessThan(1.15);
  });
});

/** Each request goes to the first idle instance; the first quarter is warm-up. */
function simulate(perSecond: number, runSeconds: number, requests: number): number {
  const random = randomFrom(1);
  const idleSince: number[] = [];
  let cold = 0;
  let now = 0;
  for (let n = 1; n <= requests; n += 1) {
    now -= Math.log(1 - random()) / perSecond;
    const idle = idleSince.findIndex((since) => since <= now);
    const instance = idle < 0 ? idleSince.length : idle;
    if (now - (idleSince[instance] ?? Number.NEGATIVE_INFINITY) > KEPT_SECONDS && n > requests / 4) cold += 1;
    idleSince[instance] = now + runSeconds;
  }
  return cold / (0.75 * requests);
}
