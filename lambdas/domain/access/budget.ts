import type { Clock } from '../../shared/clock.ts';
import { LimitReachedError, RateLimitedError } from '../../shared/errors.ts';
import { describe, logger } from '../../shared/logger.ts';
import type { Accounts } from '../model/account.ts';
import type { Budget, Meter, Refusal } from '../model/budget.ts';
import { DEAR, SAMPLE } from '../model/prices.ts';

/*
 * Budgets in credits, which are millionths of a dollar at list price (IM-BUDGET, docs/adr/0039-a-budget-in-money.md).
 *
 * The account of a user holds one number: when the debt is paid, at `perMinute` credits a minute. While it is less than
 * `burst` credits away, requests are admitted. A write for each message would cost more than it protects, so a price of c
 * credits is written as SAMPLE with probability c / SAMPLE: right on average, for honest and other users alike.
 *
 * Nobody reads the number on purpose: it comes with the caller's sessions, which every action reads. So an instance learns
 * from one frame whether it may serve the next, and refuses from memory, without a call and before a seq is taken, until
 * enough of the debt is paid.
 */

export interface BudgetLimits {
  /** Credits. `undefined`: no limit. */
  readonly spending?: { readonly perMinute: number; readonly burst: number } | undefined;
  /** `undefined`: no limit. */
  readonly strangersPerDay?: number | undefined;
}

export interface MeterProps {
  readonly accounts: Accounts;
  readonly limits: BudgetLimits;
  readonly clock: Clock;
  /** 0 to 1. @default Math.random */
  readonly random?: () => number;
}

interface Debt {
  readonly paidAtMs: number;
  readonly refusals: number;
}

/** Users in debt whom an instance remembers. One that is forgotten is known again after the next read. */
const MAX_DEBTS = 10_000;

export function createMeter({ accounts, limits, clock, random = Math.random }: MeterProps): Meter {
  const { spending, strangersPerDay } = limits;
  const msPerCredit = spending === undefined ? 0 : 60_000 / spending.perMinute;
  const burstMs = spending === undefined ? Number.POSITIVE_INFINITY : spending.burst * msPerCredit;
  const debts = new Map<string, Debt>();

  function note(userId: string, paidAtMs: number): void {
    const known = debts.get(userId);
    // The newest at the end: the first is forgotten.
    debts.delete(userId);
    const latest = Math.max(paidAtMs, known?.paidAtMs ?? 0);
    if (latest <= clock()) return;
    debts.set(userId, { paidAtMs: latest, refusals: known?.refusals ?? 0 });
    for (const oldest of debts.keys()) {
      if (debts.size <= MAX_DEBTS) break;
      debts.delete(oldest);
    }
  }

  async function owe(userId: string, credits: number, ifPaidByMs?: number) {
    const outcome = await accounts.addDebt(userId, credits * msPerCredit, {
      nowMs: clock(),
      seenPaidAtMs: debts.get(userId)?.paidAtMs ?? 0,
      ...(ifPaidByMs !== undefined && { ifPaidByMs }),
    });
    note(userId, outcome.paidAtMs);
    return outcome;
  }

  async function charge(userId: string, credits: number): Promise<void> {
    if (spending === undefined || random() * SAMPLE >= credits) return;
    try {
      await owe(userId, Math.max(credits, SAMPLE));
    } catch (error) {
      // The user pays nothing for it. If that goes on, nobody has a budget, and the operator must know.
      logger.warn('charge failed', { error: describe(error) });
    }
  }

  function refusalOf(userId: string): Refusal | undefined {
    const debt = debts.get(userId);
    if (debt === undefined) return undefined;
    const retryAfterMs = debt.paidAtMs - burstMs - clock();
    const count = retryAfterMs > 0 ? debt.refusals + 1 : 0;
    debts.set(userId, { ...debt, refusals: count });
    return retryAfterMs > 0 ? { retryAfterMs: Math.ceil(retryAfterMs), count } : undefined;
  }

  async function debit(userId: string, credits: number): Promise<void> {
    if (spending === undefined || credits < DEAR) return charge(userId, credits);
    const { isAdded, paidAtMs } = await owe(userId, credits, clock() + burstMs);
    if (!isAdded) throw overBudget(Math.max(1, Math.ceil(paidAtMs - burstMs - clock())));
  }

  async function meet(userId: string, strangers: number): Promise<void> {
    if (strangersPerDay === undefined || strangers === 0) return;
    const day = new Date(clock()).toISOString().slice(0, 10);
    if (!(await accounts.meet(userId, strangers, { day, maximum: strangersPerDay })))
      throw new LimitReachedError(`At most ${strangersPerDay} new people a day (UTC).`);
  }

  return {
    of: (userId) => ({
      charge: (credits) => charge(userId, credits),
      debit: (credits) => debit(userId, credits),
      meet: (strangers) => meet(userId, strangers),
      isUnlimited: spending === undefined,
      payer: spending === undefined ? undefined : userId,
    }),
    refusalOf,
    note,
  };
}

/** What a user can spend now, below 0 while requests are refused. */
export function creditsLeft(
  { perMinute, burst }: NonNullable<BudgetLimits['spending']>,
  paidAtMs: number,
  nowMs: number,
): number {
  return Math.floor(burst - (Math.max(0, paidAtMs - nowMs) / 60_000) * perMinute);
}

export function overBudget(retryAfterMs: number): RateLimitedError {
  return new RateLimitedError('You have done too much in a short time. Wait a little.', retryAfterMs);
}

/** The ports of one request: those of the instance, and the budget of its user. */
export function withBudget<Ports extends object>(ports: Ports, budget: Budget): Ports & { budget: Budget } {
  // Inherits: a copy would make every adapter.
  return Object.create(ports, { budget: { value: budget } });
}
