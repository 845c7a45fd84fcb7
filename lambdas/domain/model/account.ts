/** The server's record of a user, beside the sessions. */
export interface Account {
  /** When the user's debt is paid, in epoch milliseconds; 0: no debt (IM-BUDGET). */
  readonly paidAtMs: number;
  /** When the user's ban ends (`requireNotBanned`). */
  readonly bannedUntilMs?: number | undefined;
}

export interface DebtOptions {
  readonly nowMs: number;
  /** The debt as last seen, so that the first write is of the right kind. @default 0 */
  readonly seenPaidAtMs?: number;
  /** Adds nothing if the debt is not paid by then. @default - adds in any case */
  readonly ifPaidByMs?: number;
}

export interface DebtOutcome {
  readonly isAdded: boolean;
  readonly paidAtMs: number;
}

/** The accounts of users: how much they may still spend, and whom they may still meet today. */
export interface Accounts {
  /** Reads strongly. A user without an account has the empty one. */
  account(userId: string): Promise<Account>;
  /**
   * Moves the time at which the user's debt is paid: from now, or from where it is if that is later. Not idempotent: if the
   * AWS SDK repeats a write whose response was lost, the user pays twice.
   */
  addDebt(userId: string, debtMs: number, options: DebtOptions): Promise<DebtOutcome>;
  /**
   * Counts strangers that the user meets on this day. Once a day has begun, none before it is counted any more.
   * @param day `YYYY-MM-DD`
   * @returns false if there would be more than `maximum`: then none is counted
   */
  meet(
    userId: string,
    strangers: number,
    limit: { readonly day: string; readonly maximum: number },
  ): Promise<boolean>;
}
