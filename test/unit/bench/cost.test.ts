import { describe, expect, it } from 'vitest';
import { choicesOf } from '../../../bench/cost/choices.ts';
import { costText } from '../../../bench/cost/cost.ts';
import {
  baselineCauses,
  type Measured,
  monthlyUsage,
  ourCauses,
  scanUnits,
} from '../../../bench/cost/monthly.ts';
import { usageOf } from '../../../bench/cost/operation-usage.ts';
import { costOf, readPrices } from '../../../bench/cost/prices.ts';
import { quotaUses } from '../../../bench/cost/quotas.ts';
import { addUsage, billOf, dollarsBy, times, totalOf } from '../../../bench/cost/usage.ts';
import { parseCostArguments } from '../../../bench/cost/workload.ts';
import { readJson } from '../../../bench/files.ts';
import type { CountsFile } from '../../../bench/results.ts';
import { aTally } from './builders.ts';

const prices = readPrices();

describe('a price', () => {
  const tiers = [{ upTo: 100, dollars: 2 }, { dollars: 1 }];
  it.each([
    [0, 0],
    [100, 200],
    [150, 250],
  ])('of %d units in tiers is %d', (amount, dollars) => {
    expect(costOf({ tiers }, amount)).toBe(dollars);
  });

  it('has a date and a source', () => {
    expect(prices.collected).toMatch(/^\d{4}-\d\d-\d\d$/);
    for (const { source } of Object.values(prices.prices))
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\//);
  });
});

it('a direct message costs less than 0.40 dollars a million for logs and traces', () => {
  const counts = readJson<CountsFile>('results/counts.json');
  const online = counts.operations.find(
    ({ scenario, operation }) => scenario === 'direct-online' && operation === 'message',
  );
  if (online === undefined) throw new Error('not measured');
  const usage = usageOf({ ...online, cpuMs: {} }, counts.memory, prices);
  const logs = dollarsBy(billOf(usage, prices)).get('CloudWatch and X-Ray') ?? 0;
  expect(logs * 1e6).toBeGreaterThan(0);
  expect(logs * 1e6).toBeLessThan(0.4);
});

describe('an operation', () => {
  const operation = {
    scenario: 'direct-online',
    operation: 'message',
    tally: aTally(),
    cpuMs: { SendMessage: { runs: 1, meanMs: 10 } },
  };

  it('costs what was counted', () => {
    const usage = usageOf(operation, { SendMessage: 1_769 }, prices);
    expect(usage).toMatchObject({
      dynamodbWriteUnit: 3,
      dynamodbReadUnit: 3,
      socketMessage: 3,
      lambdaRequest: 1,
    });
    expect(totalOf(billOf({ dynamodbWriteUnit: 1e6 }, prices))).toBeCloseTo(0.625);
  });

  it('is billed for waiting, and for CPU time stretched by its share of a vCPU', () => {
    const wait = 4 * prices.assumptions.waitPerCallMs.value;
    const whole = usageOf(operation, { SendMessage: 1_769 }, prices).lambdaGbSecond;
    const tenth = usageOf(operation, { SendMessage: 176.9 }, prices).lambdaGbSecond;
    expect(whole).toBeCloseTo((1_769 / 1_024) * ((10 + wait) / 1_000));
    expect(tenth).toBeCloseTo((176.9 / 1_024) * ((100 + wait) / 1_000));
  });
});

it('usage can be added and multiplied', () => {
  const sum = addUsage({ trace: 1 }, times({ trace: 1, logGb: 2 }, 3));
  expect(sum).toEqual({ trace: 4, logGb: 6 });
});

describe('a month', () => {
  const { workload } = parseCostArguments(['--users', '1000']);
  const named = [
    ['direct-online', 'message'],
    ['direct-offline', 'message, receiver away'],
    ['notifications', 'message, receiver away, one device'],
    ['direct-offline', 'store-offline, a batch of 10'],
    ['direct-offline', 'hello, a page of 50'],
    ['direct-offline', 'ackInbox, nothing left'],
    ['group-10', 'group of 10, 5 online'],
    ['group-10', 'group of 10, 5 online: kept for the absent'],
    ['connect', 'connect'],
    ['connect', 'disconnect'],
    ['hello', 'hello, empty inbox'],
    ['conversations', 'conversations, 300 of which none changed'],
    ['history', 'history, the latest 50'],
    ['heartbeat', 'heartbeat'],
    ['heartbeat', 'heartbeat that renews the lease'],
  ] as const;
  const measured: Measured = {
    operations: named.map(([scenario, operation]) => ({ scenario, operation, tally: aTally(), cpuMs: {} })),
    memory: { SendMessage: 512 },
    baseline: { cpuMsPerPost: 0.3, memoryMegabytes: 256, mostConnected: 10_000 },
  };
  const totalFor = (users: number) => {
    const causes = ourCauses({ ...workload, users }, measured, prices);
    return totalOf(billOf(monthlyUsage(causes), prices));
  };

  it('costs in proportion to the users', () => {
    expect(totalFor(2_000) / totalFor(1_000)).toBeCloseTo(2);
  });

  it('of the baseline costs in proportion to their square', () => {
    const of = (users: number) => {
      const usage = monthlyUsage(baselineCauses({ ...workload, users }, measured, prices));
      return totalOf(billOf({ dynamodbReadUnit: usage.dynamodbReadUnit ?? 0, logGb: 0 }, prices));
    };
    expect(of(1e7) / of(1e6)).toBeCloseTo(100, 0);
  });

  it.each([
    [100_000, true],
    [100_001, false],
  ])(
    'has the baseline beside it, and says what it is, if its pattern can work at all: %i users',
    (users, isThere) => {
      const text = costText(['--explain', '--online', '0.1', '--users', String(users)]);
      expect(/^ +ours( +baseline)?$/m.exec(text)?.[1] !== undefined).toBe(isThere);
      expect(text.includes('Baseline: the pattern')).toBe(isThere);
      expect(text.includes('Dollars, baseline')).toBe(isThere);
      expect(text.includes('Up to 10000 users connected at a time there is a baseline')).toBe(!isThere);
    },
  );

  it('delivers or stores every direct message, never both', () => {
    const causes = ourCauses(workload, measured, prices);
    const [online, away] = causes;
    expect((online?.perMonth ?? 0) + (away?.perMonth ?? 0)).toBeCloseTo(1_000 * 40 * 30 * 0.7);
  });

  it('breaks even with the infrequent-access table class after a few months, however many write', () => {
    const at = (keptMonths: number) => choicesOf({ ...workload, keptMonths }, measured, prices);
    const { breakEvenMonths } = at(1);
    // Two units a message, of which each costs 0.155 dollars a million more, for 1,100 bytes at 0.15 dollars a GB less.
    expect(breakEvenMonths).toBeGreaterThan(0.31 / (1_100 * 0.00015));
    expect(at(breakEvenMonths).infrequentAccess).toBeCloseTo(0);
    expect(at(breakEvenMonths + 1).infrequentAccess).toBeLessThan(0);
    expect(at(breakEvenMonths - 1).infrequentAccess).toBeGreaterThan(0);
  });

  it('pays for a log line of Lambda, and for traces, only with diagnostics', () => {
    const usage = monthlyUsage(ourCauses(workload, measured, prices));
    expect(usage).not.toHaveProperty('logGb');
    expect(usage).not.toHaveProperty('trace');
    const { reports, traces } = choicesOf(workload, measured, prices);
    const million = (usage.lambdaRequest ?? 0) / 1e6;
    expect(reports / million).toBeCloseTo(0.325);
    expect(traces / million).toBeCloseTo(0.25);
  });

  it('says which operation was not measured', () => {
    const none = {
      ...measured,
      operations: measured.operations.filter(({ scenario }) => scenario !== 'hello'),
    };
    expect(() => ourCauses(workload, none, prices)).toThrow('npm run bench');
  });

  it('lists the quota with the largest share first', () => {
    const uses = quotaUses({
      causes: [
        { what: 'frames', perMonth: 30 * 24 * 3600, each: { socketMessage: 40_000 }, requests: 20_000 },
      ],
      connectsPerMonth: 0,
      peak: 1,
      runGb: 0.5,
    });
    expect(uses.map(({ quota, share }) => [quota.limit, share])).toContainEqual([10_000, 2]);
    expect(uses[0]).toMatchObject({ peak: 20_000, share: 10, quota: { limit: 2_000 } });
  });
});

it.each([
  [1, 0.5],
  [146, 0.5],
  [1_000, 3.5],
  [10_000, 34.5],
])('a Scan of %d connections is %d read units', (rows, units) => {
  expect(scanUnits(rows)).toBe(units);
});

describe('the arguments of cost', () => {
  it('accept numbers in any notation, and have defaults', () => {
    const { workload } = parseCostArguments(['--users', '1e6', '--messages-per-day', '12']);
    expect(workload).toMatchObject({ users: 1e6, messagesPerDay: 12, online: 0.1 });
  });

  it.each(['--users=0', '--messages-per-day=0', '--batch=0'])('refuse %s, by which they divide', (zero) => {
    expect(() => parseCostArguments([zero])).toThrow('must be a number above 0, not "0"');
  });

  it.each(['online', 'group-share', 'receiver-online'])('refuse a %s of more than everything', (share) => {
    expect(() => parseCostArguments([`--${share}=1.1`])).toThrow('must be a number from 0 to 1, not "1.1"');
  });

  it.each(['many', '', '-1'])('refuse "%s" users', (users) => {
    expect(() => parseCostArguments([`--users=${users}`])).toThrow('--users must be a number');
  });
});
