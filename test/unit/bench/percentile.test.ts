import { expect, it } from 'vitest';
import { cpuTime, median, percentile, summarize } from '../../../bench/measure/percentile.ts';

it.each([
  [0, 1],
  [0.5, 3],
  [0.875, 4.5],
  [1, 5],
])('the percentile at %d of 1 to 5 is %d', (share, value) => {
  expect(percentile([5, 3, 1, 2, 4], share)).toBe(value);
});

it('the median of an even number of values is the mean of the middle two', () => {
  expect(median([1, 2, 3, 10])).toBe(2.5);
});

it('the percentile of no values is NaN', () => {
  expect(median([])).toBeNaN();
});

it('the summary of a hundred values has its percentiles', () => {
  const values = Array.from({ length: 101 }, (_, n) => n);
  expect(summarize(values)).toEqual({ count: 101, p50: 50, p95: 95, p99: 99 });
});

it('the CPU time is the mean of the warm runs, or of all runs if there are few', () => {
  expect(cpuTime([90, 60, 30, 2, 0, 4, 2])).toEqual({ runs: 4, meanMs: 2 });
  expect(cpuTime([90, 0])).toEqual({ runs: 2, meanMs: 45 });
});
