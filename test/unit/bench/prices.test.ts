import { describe, expect, it } from 'vitest';
import { readPrices } from '../../../bench/cost/prices.ts';
import { readJson } from '../../../bench/files.ts';
import { PRICE_CHECKS } from '../../../bench/measure/price-checks.ts';
import { comparePrices, judgePrices } from '../../../bench/measure/price-gate.ts';
import { measuredOperations } from '../../../bench/report/operations.ts';
import type { CountsFile, TimesFile } from '../../../bench/results.ts';
import { ACTION_PRICES, ROUTE_PRICES } from '../../../lambdas/domain/model/prices.ts';

const counts = readJson<CountsFile>('results/counts.json');
const operations = measuredOperations(counts, readJson<TimesFile>('results/times.json'));
const judge = (checks = PRICE_CHECKS) =>
  judgePrices(comparePrices(operations, counts.memory, readPrices(), checks));

describe('what users pay', () => {
  it('is within a tenth of what is counted (IM-BUDGET-1)', () => {
    expect(judge()).toEqual([]);
  });

  it.each(PRICE_CHECKS.map((check) => [Object.keys(check.operations)[0], check] as const))(
    'fails the gate if it is off by a quarter: %s',
    (_, check) => {
      for (const factor of [0.75, 1.25])
        expect(judge([{ ...check, credits: (bytes) => check.credits(bytes) * factor }])).toHaveLength(1);
    },
  );

  it('fails the gate if the price of a message is off by an eighth', () => {
    const [message] = PRICE_CHECKS.filter((one) => 'direct-online/message' in one.operations);
    if (message === undefined) throw new Error('no check');
    for (const factor of [0.88, 1.12])
      expect(judge([{ ...message, credits: (bytes) => message.credits(bytes) * factor }])).toHaveLength(1);
  });

  it('is compared with a count, whatever the action or route', () => {
    const compared = new Set(PRICE_CHECKS.flatMap(({ of }) => of));
    const priced = [...Object.keys(ACTION_PRICES), ...Object.keys(ROUTE_PRICES)];
    expect(priced.filter((name) => !compared.has(name as never))).toEqual([]);
  });

  it('is not compared with operations that nobody counted', () => {
    const unknown = { of: [], credits: () => 1, operations: { 'direct-online/nothing': 1 } };
    expect(() => judge([unknown])).toThrow('direct-online/nothing was not counted');
  });
});
