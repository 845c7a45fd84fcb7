import type { Accounts } from '../../../lambdas/domain/model/account.ts';
import type { RouteReader } from '../../../lambdas/domain/model/session.ts';

/** @param routes hold the bans, as they share a table */
export function inMemoryAccounts(routes?: RouteReader): Accounts {
  const paid = new Map<string, number>();
  const met = new Map<string, { readonly day: string; readonly strangers: number }>();
  return {
    account: async (userId) => ({
      paidAtMs: paid.get(userId) ?? 0,
      bannedUntilMs: (await routes?.presencesOf([userId]))?.get(userId)?.bannedUntilMs,
    }),
    async addDebt(userId, debtMs, { nowMs, ifPaidByMs = Number.POSITIVE_INFINITY }) {
      const before = paid.get(userId) ?? 0;
      if (before > ifPaidByMs) return { isAdded: false, paidAtMs: before };
      const paidAtMs = Math.max(before, nowMs) + Math.ceil(debtMs);
      paid.set(userId, paidAtMs);
      return { isAdded: true, paidAtMs };
    },
    async meet(userId, strangers, { day, maximum }) {
      const last = met.get(userId);
      const isNew = last === undefined || last.day < day;
      const sum = (isNew ? 0 : last.strangers) + strangers;
      if (sum > maximum) return false;
      met.set(userId, { day: isNew ? day : last.day, strangers: sum });
      return true;
    },
  };
}
