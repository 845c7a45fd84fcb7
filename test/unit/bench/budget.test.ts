import { expect, it } from 'vitest';
import { budgetOf, judgeBundles, judgeCounts } from '../../../bench/measure/budget.ts';
import { aTally } from './builders.ts';

const operations = { 'direct/message': budgetOf(aTally()) };
const result = (tally = aTally()) => ({ scenario: 'direct', operation: 'message', tally, cpuMs: {} });

it('the budget check accepts an operation that costs as much as its budget', () => {
  expect(judgeCounts({ operations }, [result()])).toEqual({ broken: [], under: [] });
});

it('the budget check reports one unit more, a call of another kind, and one more call in a row before the push', () => {
  const tally = aTally({
    writeUnits: 4,
    calls: { 'PutItem Messages': 1, 'Scan Routes': 1 },
    chainBeforePush: { SendMessage: 4 },
  });
  expect(judgeCounts({ operations }, [result(tally)]).broken).toEqual([
    'direct/message: writeUnits is 4, budget 3',
    'direct/message: chainBeforePush of SendMessage is 4, budget 3',
    'direct/message: calls of Scan Routes is 1, budget 0',
  ]);
});

it('the budget check points out an operation that costs less than its budget', () => {
  expect(judgeCounts({ operations }, [result(aTally({ readUnits: 2 }))])).toEqual({
    broken: [],
    under: ['direct/message: readUnits is 2, budget 3'],
  });
});

it('the budget check requires a budget for every operation', () => {
  expect(judgeCounts({ operations: {} }, [result()]).broken).toHaveLength(1);
});

it('the budget check ignores bytes', () => {
  expect(judgeCounts({ operations }, [result(aTally({ bytesOut: 9_999 }))]).broken).toEqual([]);
});

it('the budget check reports the name of a bundle that is too large', () => {
  const verdict = judgeBundles({ bundleBytes: 350_000 }, { Hello: 350_000, SendMessage: 350_001 });
  expect(verdict.broken).toEqual(['bundle of SendMessage: 350001 bytes, budget 350000']);
  const own = { bundleBytes: 10, bundleBytesOf: { Fallback: 20 } };
  expect(judgeBundles(own, { Fallback: 20, Hello: 10 }).broken).toEqual([]);
  expect(judgeBundles(own, { Fallback: 21 }).broken).toHaveLength(1);
});
