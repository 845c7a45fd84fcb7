/** The budget of one user, for one request. */
export interface Budget {
  /** Charges for something that is being done. Never throws: what was done can't be refused. */
  charge(credits: number): Promise<void>;
  /**
   * Charges before something is done. A dear charge is written first, so that a user whose requests overlap can't
   * spend the same credits twice.
   * @throws {RateLimitedError} the budget is used up, and nothing was charged
   */
  debit(credits: number): Promise<void>;
  /**
   * Counts people whom the user is about to meet: those of first messages, and new members of groups.
   * @throws {LimitReachedError} they would be too many on this day
   */
  meet(strangers: number): Promise<void>;
  /** Whether nothing is charged. */
  readonly isUnlimited: boolean;
  /** The user whom a worker charges if the delivery turns out dearer. `undefined`: nobody. */
  readonly payer: string | undefined;
}

/** Of users without limits, of other services, and of workers (IM-BUDGET-4). */
export const UNLIMITED: Budget = {
  charge: async () => {},
  debit: async () => {},
  meet: async () => {},
  isUnlimited: true,
  payer: undefined,
};

export interface Refusal {
  readonly retryAfterMs: number;
  /** How often this instance has refused the user since it last admitted one of their requests. */
  readonly count: number;
}

/** The budgets of all users, as far as this instance knows them. */
export interface Meter {
  of(userId: string): Budget;
  /** Says whether a request must be refused, by what this instance knows. Makes no call. */
  refusalOf(userId: string): Refusal | undefined;
  /** Notes what a read of the user's account has found. */
  note(userId: string, paidAtMs: number): void;
}
