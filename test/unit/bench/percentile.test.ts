import { expect, it } from 'vitest';
import { cpuTime, median, percentile, summarize } from '../../../bench/measure/percentile.ts';

it.each([
  [0, 1],
  [0.5, 3],
  [0.875, 4.5],
  [1, 5],
])('at a share of %d of 1 to 5 is %d', (share, value) => {
  expect(percentile([5, 3, 1, 2, 4], share)).toBe(value);
});

it('is the middle of the two middle values of an even number', () => {
  expect(median([1, 2, 3, 10])).toBe(2.5);
});

it('is NaN for no values', () => {
  expect(median([])).toBeNaN();
});

it('sums up a hundred values', () => {
  const values = Array.from({ length: 101 }, (_, n) => n);
  expect(summarize(values)).toEqual({ count: 101, p50: 50, p95: 95, p99: 99 });
});

it('averages the CPU time of warm runs, or of all if there are few', () => {
  expect(cpuTime([90, 60, 30, 2, 0, 4, 2])).toEqual({ runs: 4, meanMs: 2 });
  expect(cpuTime([90, 0])).toEqual({ runs: 2, meanMs: 45 });
});
