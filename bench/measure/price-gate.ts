import { type MeasuredOperation, type Memory, usageOf } from '../cost/operation-usage.ts';
import type { PriceFile } from '../cost/prices.ts';
import { addUsage, billOf, times, totalOf, type Usage } from '../cost/usage.ts';
import { nameOf } from './budget.ts';
import { PRICE_CHECKS, type PriceCheck } from './price-checks.ts';

/** A price, and what the same costs by what was counted; both in credits, which are millionths of a dollar. */
export interface ComparedPrice {
  readonly of: string;
  readonly credits: number;
  readonly counted: number;
}

/** The account's own writes: one of a unit, and a wait for it, for each `SAMPLE` credits. */
const METER_SHARE = 0.01;
/** A price may be this far from the count. */
const MOST_OFF = 0.1;

export function comparePrices(
  operations: readonly MeasuredOperation[],
  memory: Memory,
  prices: PriceFile,
  checks: readonly PriceCheck[] = PRICE_CHECKS,
): readonly ComparedPrice[] {
  const byName = new Map(operations.map((one) => [nameOf(one), one]));
  return checks.map((check) => {
    const parts = Object.entries(check.operations).map(([name, count]) => {
      const operation = byName.get(name);
      if (operation === undefined) throw new Error(`${name} was not counted, and a price refers to it.`);
      return { operation, count };
    });
    const usages = parts.map(({ operation, count }) => times(usageOf(operation, memory, prices), count));
    const usage = addUsage(...usages, waitOf(check, memory));
    const sentBytes = parts.reduce((sum, { operation, count }) => sum + count * operation.tally.sentBytes, 0);
    return {
      of: [...check.of, Object.keys(check.operations)[0]].join(': '),
      credits: check.credits(sentBytes),
      counted: totalOf(billOf(usage, prices)) * 1e6 * (1 + METER_SHARE),
    };
  });
}

function waitOf({ waits }: PriceCheck, memory: Memory): Usage {
  return waits === undefined
    ? {}
    : { lambdaGbSecond: (waits.seconds * (memory[waits.function] ?? 0)) / 1_024 };
}

/** One line for each price that is off by more than a tenth. */
export function judgePrices(compared: readonly ComparedPrice[]): readonly string[] {
  return compared
    .filter(({ credits, counted }) => !(Math.abs(credits / counted - 1) <= MOST_OFF))
    .map(
      ({ of, credits, counted }) =>
        `${of}: ${credits.toFixed(1)} credits, counted ${counted.toFixed(1)} (lambdas/domain/model/prices.ts)`,
    );
}
