import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type AdmissionPorts,
  admitByAccount,
  admitFrame,
  admitFromMemory,
  budgetOf,
  type Requester,
} from '../../../lambdas/domain/access/admission.ts';
import { type BudgetLimits, createMeter } from '../../../lambdas/domain/access/budget.ts';
import { UNLIMITED } from '../../../lambdas/domain/model/budget.ts';
import { DEAR, SAMPLE } from '../../../lambdas/domain/model/prices.ts';
import { SessionEndedError } from '../../../lambdas/shared/errors.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { userHashOf } from '../../../lambdas/shared/user-hash.ts';
import { inMemoryAccounts } from '../../adapters/memory/accounts.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { randomFrom } from '../random-from.ts';

const SPENDING = { perMinute: 600, burst: 3_000 };
const MS_PER_CREDIT = 60_000 / SPENDING.perMinute;

/** An account table, and instances that share it. `random: 0` writes every charge. */
function setUp(limits: BudgetLimits = { spending: SPENDING }, random: () => number = () => 0) {
  let now = NOON;
  const accounts = inMemoryAccounts();
  const clock = () => now;
  const instance = () => ({ accounts, clock, meter: createMeter({ accounts, limits, clock, random }) });
  const creditsOwed = async (userId: string) =>
    Math.max(0, (await accounts.account(userId)).paidAtMs - now) / MS_PER_CREDIT;
  return { accounts, instance, creditsOwed, clock, advance: (ms: number) => (now += ms) };
}

async function admitRequest(ports: AdmissionPorts, requester: Requester): Promise<void> {
  await admitFromMemory(ports, requester);
  await admitByAccount(ports, requester);
}

describe('a charge', () => {
  it('of less than a sample is written as a whole sample, or not at all (IM-BUDGET-1)', async () => {
    const low = setUp(undefined, () => 6.9 / SAMPLE);
    await low.instance().meter.of('alice').charge(7);
    expect(await low.creditsOwed('alice')).toBe(SAMPLE);
    const high = setUp(undefined, () => 7.1 / SAMPLE);
    await high.instance().meter.of('alice').charge(7);
    expect(await high.creditsOwed('alice')).toBe(0);
  });

  it('of a sample or more is always written as it is (IM-BUDGET-1)', async () => {
    const { instance, creditsOwed } = setUp(undefined, () => 0.999_999);
    await instance().meter.of('alice').charge(SAMPLE);
    await instance().meter.of('alice').charge(300);
    expect(await creditsOwed('alice')).toBe(SAMPLE + 300);
  });

  it('of nothing is not written', async () => {
    const { instance, creditsOwed } = setUp();
    await instance().meter.of('alice').charge(0);
    expect(await creditsOwed('alice')).toBe(0);
  });

  it('never fails, since what was done cannot be refused, but leaves a line in the log', async () => {
    const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const { accounts, clock } = setUp();
    const broken = { ...accounts, addDebt: () => Promise.reject(new Error('cut')) };
    const meter = createMeter({ accounts: broken, limits: { spending: SPENDING }, clock, random: () => 0 });
    await expect(meter.of('alice').charge(7)).resolves.toBeUndefined();
    const error = expect.objectContaining({ message: 'cut' });
    expect(warn.mock.calls).toEqual([['charge failed', { error }]]);
  });

  it('costs nothing without a budget, nor does a debit: not even a write', async () => {
    const { instance, accounts } = setUp({});
    const addDebt = vi.spyOn(accounts, 'addDebt');
    const budget = instance().meter.of('alice');
    for (const { charge, debit } of [budget, UNLIMITED]) {
      await charge(1_000_000);
      await debit(1_000_000);
    }
    expect(addDebt).not.toHaveBeenCalled();
    expect(budget).toMatchObject({ isUnlimited: true, payer: undefined });
    expect(setUp().instance().meter.of('alice')).toMatchObject({ isUnlimited: false, payer: 'alice' });
  });

  it('says what this instance knows of the debt, so that its write needs no second attempt', async () => {
    const { instance, accounts } = setUp();
    const addDebt = vi.spyOn(accounts, 'addDebt');
    const { meter } = instance();
    await meter.of('alice').charge(300);
    await meter.of('alice').charge(300);
    const seen = addDebt.mock.calls.map(([, , { seenPaidAtMs }]) => seenPaidAtMs);
    expect(seen).toEqual([0, NOON + 300 * MS_PER_CREDIT]);
  });
});

describe('the samples of a user who asks twice a second, for more than the budget, for an hour', () => {
  const prices = [
    ['direct messages', () => 7],
    ['requests of half a sample', () => 35],
    ['cheap requests, and now and then a dear one', (nth: number) => (nth % 40 === 0 ? 300 : 5)],
  ] as const;

  it.each(prices)('are right within a fifth: %s (IM-BUDGET-2)', async (_, priceOf) => {
    const spent = await Promise.all(
      Array.from({ length: 40 }, async (_, seed) => {
        const { instance, advance } = setUp(undefined, randomFrom(seed));
        const { meter } = instance();
        let credits = 0;
        for (let nth = 0; nth < 7_200; nth += 1) {
          if (meter.refusalOf('mallory') === undefined) {
            credits += priceOf(nth);
            await meter.of('mallory').charge(priceOf(nth));
          }
          advance(500);
        }
        return credits;
      }),
    );
    const most = SPENDING.perMinute * 60 + SPENDING.burst;
    expect(Math.max(...spent)).toBeLessThan(1.2 * most);
    expect(Math.min(...spent)).toBeGreaterThan(0.8 * most);
    const mean = spent.reduce((sum, credits) => sum + credits, 0) / spent.length;
    expect(mean / most).toBeCloseTo(1, 1);
  });
});

describe('a frame', () => {
  it('is refused from memory as soon as a read has shown that the budget is used up, until it is not (IM-BUDGET-1)', async () => {
    const info = vi.spyOn(logger, 'info').mockImplementation(() => {});
    onTestFinished(() => info.mockRestore());
    const { instance, advance, creditsOwed } = setUp();
    const [one, other] = [instance(), instance()];
    await one.meter.of('alice').charge(3_100);
    await expect(admitFrame(one, { userId: 'alice' })).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 100 * MS_PER_CREDIT,
    });
    // Another instance knows only after it has read the caller's sessions, which every action does.
    await admitFrame(other, { userId: 'alice' });
    other.meter.note('alice', NOON + 3_100 * MS_PER_CREDIT);
    await expect(admitFrame(other, { userId: 'alice' })).rejects.toMatchObject({ code: 'rate_limited' });
    const facts = { userHash: userHashOf('alice'), retryAfterMs: 100 * MS_PER_CREDIT };
    expect(info.mock.calls).toEqual(Array(2).fill(['user over budget', facts]));
    // Both refusals were charged.
    expect(await creditsOwed('alice')).toBe(3_100 + 2 * SAMPLE);
    advance((100 + 2 * SAMPLE) * MS_PER_CREDIT);
    await admitFrame(one, { userId: 'alice' });
    await admitFrame(other, { userId: 'alice' });
  });

  it('is admitted while the balance is positive, and may take it below zero (IM-BUDGET-1)', async () => {
    const { instance, creditsOwed } = setUp();
    const one = instance();
    await one.meter.of('alice').charge(2_999);
    await admitFrame(one, { userId: 'alice' });
    await one.meter.of('alice').charge(500);
    expect(await creditsOwed('alice')).toBe(3_499);
    await expect(admitFrame(one, { userId: 'alice' })).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('ends the session of a client that ignores ten refusals, of which only the first is logged (IM-BUDGET-1, IM-REFUSE-8)', async () => {
    const info = vi.spyOn(logger, 'info').mockImplementation(() => {});
    onTestFinished(() => info.mockRestore());
    const { instance } = setUp(undefined, () => 0.99);
    const one = instance();
    one.meter.note('alice', NOON + 400_000);
    for (let refused = 0; refused < 10; refused += 1)
      await expect(admitFrame(one, { userId: 'alice' })).rejects.not.toBeInstanceOf(SessionEndedError);
    const last = await admitFrame(one, { userId: 'alice' }).catch((error: unknown) => error);
    expect(last).toBeInstanceOf(SessionEndedError);
    const closedWith = { code: 'rate_limited', retryAfterMs: 100_000 };
    expect(last).toMatchObject({ code: 'rate_limited', closedWith });
    expect(info).toHaveBeenCalledTimes(1);
  });

  it('does not count refusals of an earlier time', async () => {
    const { instance, advance } = setUp(undefined, () => 0.99);
    const one = instance();
    for (let round = 0; round < 4; round += 1) {
      one.meter.note('alice', NOON + round * 400_000 + 301_000);
      for (let refused = 0; refused < 5; refused += 1)
        await expect(admitFrame(one, { userId: 'alice' })).rejects.not.toBeInstanceOf(SessionEndedError);
      advance(2_000);
      await admitFrame(one, { userId: 'alice' });
      advance(398_000);
    }
  });

  it('of a user with an unlimited role is always admitted, and never charged (IM-BUDGET-4)', async () => {
    const { instance, creditsOwed } = setUp();
    const one = instance();
    const alice = { userId: 'alice', isUnlimited: true };
    await budgetOf(one, alice).debit(1_000_000);
    expect(await creditsOwed('alice')).toBe(0);
    one.meter.note('alice', NOON + 400_000);
    await admitFrame(one, alice);
    await admitRequest(one, alice);
  });
});

describe('an HTTP request', () => {
  it('reads the account, and is refused if the budget is used up; the next one is refused from memory (IM-BUDGET-1)', async () => {
    const { instance, accounts } = setUp(undefined, () => 0.99);
    await accounts.addDebt('alice', 301_000, { nowMs: NOON });
    const one = instance();
    const account = vi.fn(accounts.account);
    const counted = { ...one, accounts: { ...accounts, account } };
    for (let asked = 0; asked < 3; asked += 1)
      await expect(admitRequest(counted, { userId: 'alice' })).rejects.toMatchObject({
        code: 'rate_limited',
        retryAfterMs: 1_000,
      });
    expect(account).toHaveBeenCalledTimes(1);
    await admitRequest(counted, { userId: 'bob' });
    expect(account).toHaveBeenCalledTimes(2);
  });
});

describe('a dear request', () => {
  it('is paid before it is done, or refused: of many at once no more than one takes the balance below zero (IM-BUDGET-1)', async () => {
    const { instance, creditsOwed } = setUp();
    const instances = Array.from({ length: 50 }, instance);
    const outcomes = await Promise.allSettled(
      instances.map(({ meter }) => meter.of('mallory').debit(DEAR + 100)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(await creditsOwed('mallory')).toBe(4 * (DEAR + 100));
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'rate_limited', retryAfterMs: 200 * MS_PER_CREDIT });
  });

  it('that is cheap is paid for like a charge: with a probability, and never refused', async () => {
    const { instance, creditsOwed } = setUp(undefined, () => 0.999_999);
    const budget = instance().meter.of('alice');
    await budget.debit(SAMPLE - 1);
    expect(await creditsOwed('alice')).toBe(0);
    for (const credits of [4_000, DEAR - 1]) await budget.charge(credits);
    await budget.debit(DEAR - 1);
    await expect(budget.debit(DEAR)).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('is refused while the account cannot be written', async () => {
    const { accounts, clock } = setUp();
    const broken = { ...accounts, addDebt: () => Promise.reject(new Error('cut')) };
    const meter = createMeter({ accounts: broken, limits: { spending: SPENDING }, clock });
    await expect(meter.of('alice').debit(DEAR)).rejects.toThrow('cut');
  });
});

describe('strangers', () => {
  it('are as many on each day as the option says, whatever the instance (IM-BUDGET-3)', async () => {
    const { instance, accounts, advance } = setUp({ strangersPerDay: 3 });
    const written = vi.spyOn(accounts, 'meet');
    const meet = (strangers: number) => instance().meter.of('alice').meet(strangers);
    await meet(2);
    await expect(meet(2)).rejects.toMatchObject({ code: 'limit_reached' });
    await meet(1);
    advance(11 * 3_600_000);
    await expect(meet(1)).rejects.toMatchObject({ code: 'limit_reached' });
    const writes = written.mock.calls.length;
    await meet(0);
    expect(written).toHaveBeenCalledTimes(writes);
    advance(3_600_000);
    await meet(3);
  });

  it('are without number if the option says so', async () => {
    const { instance, accounts } = setUp({});
    const written = vi.spyOn(accounts, 'meet');
    await instance().meter.of('alice').meet(1_000_000);
    expect(written).not.toHaveBeenCalled();
  });
});

describe('the memory of an instance', () => {
  it('forgets paid debts, and the oldest of too many', async () => {
    const { instance, advance } = setUp();
    const { meter } = instance();
    const noteMany = (count: number, paidAtMs: number) => {
      for (let nth = 0; nth < count; nth += 1) meter.note(`user-${nth}`, paidAtMs);
    };
    meter.note('first', NOON + 400_000);
    noteMany(10_000, NOON);
    noteMany(9_999, NOON + 400_000);
    expect(meter.refusalOf('first')).toBeDefined();
    // The one that was noted last is the last that is forgotten.
    meter.note('user-0', NOON + 400_000);
    meter.note('user-9999', NOON + 400_000);
    expect(meter.refusalOf('first')).toBeUndefined();
    meter.note('first', NOON + 400_000);
    expect(meter.refusalOf('user-1')).toBeUndefined();
    expect(meter.refusalOf('user-0')).toBeDefined();
    expect(meter.refusalOf('user-9999')).toMatchObject({ retryAfterMs: 100_000 });
    advance(400_000);
    expect(meter.refusalOf('user-9999')).toBeUndefined();
  });

  it('is not confused by an older read', () => {
    const { meter } = setUp().instance();
    meter.note('alice', NOON + 400_000);
    meter.note('alice', NOON + 1_000);
    expect(meter.refusalOf('alice')).toBeDefined();
  });
});
