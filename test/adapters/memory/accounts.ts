import type { Accounts } from '../../../lambdas/domain/model/account.ts';

export function inMemoryAccounts(): Accounts {
  const paid = new Map<string, number>();
  const met = new Map<string, { readonly day: string; readonly strangers: number }>();
  return {
    account: async (userId) => ({ paidAtMs: paid.get(userId) ?? 0 }),
    async addDebt(userId, debtMs, { nowMs, ifPaidByMs = Number.POSITIVE_INFINITY }) {
      const before = paid.get(userId) ?? 0;
      if (before > ifPaidByMs) return { isAdded: false, paidAtMs: before };
      const paidAtMs = Math.max(before, nowMs) + Math.ceil(debtMs);
      paid.set(userId, paidAtMs);
      return { isAdded: true, paidAtMs };
    },
    async meet(userId, strangers, { day, maximum }) {
      const today = met.get(userId);
      const sum = (today?.day === day ? today.strangers : 0) + strangers;
      if (sum > maximum) return false;
      met.set(userId, { day, strangers: sum });
      return true;
    },
  };
}
