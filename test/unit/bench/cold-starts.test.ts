import { describe, expect, it } from 'vitest';
import { coldShare, coldShares } from '../../../bench/cost/cold-starts.ts';
import { DEFAULT_WORKLOAD } from '../../../bench/cost/workload.ts';

const HOUR = 3_600;

describe('the share of requests that meet a cold start', () => {
  it.each([
    ['two in three if ten functions share 30 an hour', 3, 0.67],
    ['one in fifty if one function has them all', 30, 0.018],
  ])('is %s', (_, perHour, share) => {
    expect(coldShare(perHour / HOUR)).toBeCloseTo(share, 2);
  });

  it('is all of them for requests years apart, and almost none at a thousand a second', () => {
    expect(coldShare(1e-8)).toBeCloseTo(1, 3);
    expect(coldShare(1_000)).toBeLessThan(1e-4);
  });

  it('grows with the length of a run, since overlapping runs need another instance', () => {
    expect(coldShare(0.1, 0.5)).toBeGreaterThan(10 * coldShare(0.1, 0.005));
  });
});

describe('a deployment of few functions', () => {
  const shares = (users: number, deployed: 'few' | 'many', factor = 1) =>
    coldShares({ ...DEFAULT_WORKLOAD, users }, deployed, 5, factor);

  it('answers frames of ten users without a cold start, where one function per action would not', () => {
    expect(shares(10, 'few').frame).toBeLessThan(0.01);
    expect(shares(10, 'many').frame).toBeGreaterThan(0.25);
  });

  it('meets fewer cold starts in its busiest hour', () => {
    expect(shares(10, 'few', 3).connect).toBeLessThan(shares(10, 'few').connect);
  });

  it('counts a connect as cold if the authorizer or $connect is cold', () => {
    const perSecond = (10 * DEFAULT_WORKLOAD.sessionsPerDay) / (24 * HOUR);
    expect(shares(10, 'many').connect).toBeCloseTo(1 - (1 - coldShare(perSecond)) ** 2);
  });
});
