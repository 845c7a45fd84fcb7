import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DisconnectedError, RefusedError } from '../src/model/errors.ts';
import { fullJitterBackoff } from '../src/transport/retry-policy.ts';

const error = new DisconnectedError();

describe('full-jitter backoff', () => {
  it.each([
    [0, 500],
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [6, 20_000],
    [2_000, 20_000],
  ])('bounds the delay of attempt %i by %i ms', (attempt, boundMs) => {
    const highest = fullJitterBackoff({ random: () => 1 - Number.EPSILON });
    expect(highest.nextDelayMs({ attempt, error })).toBe(boundMs);
    expect(fullJitterBackoff({ random: () => 0 }).nextDelayMs({ attempt, error })).toBe(0);
    expect(fullJitterBackoff({ random: () => 0.5 }).nextDelayMs({ attempt, error })).toBe(boundMs / 2);
  });

  it('stays within any base and cap, and never gives up', () => {
    const cases = [
      fc.nat(100),
      fc.integer({ min: 1, max: 5_000 }),
      fc.nat(60_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ] as const;
    fc.assert(
      fc.property(...cases, (attempt, baseMs, capMs, chance) => {
        const delayMs = fullJitterBackoff({ baseMs, capMs, random: () => chance }).nextDelayMs({
          attempt,
          error,
        });
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(Math.min(capMs, baseMs * 2 ** attempt) + 0.5);
      }),
    );
  });

  it('waits at least the server’s retryAfterMs', () => {
    const asked = new RefusedError({
      code: 'unavailable',
      message: '',
      retryable: true,
      retryAfterMs: 3_000,
    });
    expect(fullJitterBackoff({ random: () => 0.1 }).nextDelayMs({ attempt: 0, error: asked })).toBe(3_000);
  });
});
