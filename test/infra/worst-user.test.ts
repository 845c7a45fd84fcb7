import { describe, expect, it } from 'vitest';
import { costText } from '../../bench/cost/cost.ts';
import {
  budgetDollars,
  DEFAULT_WORST_USER,
  floodsTable,
  inFlightDollars,
  parseWorstUser,
} from '../../bench/cost/worst-user.ts';
import { fillOptions } from '../../lib/options.ts';

const DAY = 1_440;

describe('the worst user', () => {
  it('costs 0.87 dollars a day by the budget, and at most 0.35 more once (IM-BUDGET-2)', () => {
    expect(budgetDollars(DEFAULT_WORST_USER, DAY)).toBeCloseTo(0.867, 6);
    expect(inFlightDollars(DEFAULT_WORST_USER)).toBeCloseTo(0.35, 6);
  });

  it('is bounded by the options that a deployment has if it names none', () => {
    const { userBudget, strangersPerDay, webSocketThrottle, httpThrottle, routeThrottles } = fillOptions({});
    expect(DEFAULT_WORST_USER).toMatchObject({
      ...(userBudget as object),
      strangers: strangersPerDay,
      frames: webSocketThrottle.rateLimit,
      requests: httpThrottle.rateLimit,
      rare: routeThrottles['POST /groups']?.rateLimit,
    });
  });

  it('costs the budget and the price of one more, whatever the flood', () => {
    const rows = floodsTable(DEFAULT_WORST_USER).split('\n').slice(2);
    expect(rows.length).toBeGreaterThan(6);
    for (const row of rows) {
      const [, , each, , , spent] = row.split('|').map((cell) => Number(cell.replaceAll(',', '')));
      const most = budgetDollars(DEFAULT_WORST_USER, 60) + (each ?? 0) / 1e6;
      expect(spent).toBeLessThanOrEqual(most * 1.01);
    }
  });

  it('can be computed for other options, and a malformed one is refused in one line', () => {
    expect(budgetDollars(parseWorstUser(['--per-minute', '1200', '--burst', '0']), DAY)).toBeCloseTo(
      1.728,
      6,
    );
    expect(() => parseWorstUser(['--at-once', 'many'])).toThrow(
      '--at-once must be a number of at least 0, not "many"',
    );
    expect(costText(['--worst-user'])).toContain('by the budget');
  });
});
