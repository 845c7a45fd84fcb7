/** A queue record to retry, and why it failed. */
export interface FailedJob {
  readonly recordId: string;
  readonly reason: unknown;
}

/** A received record that is to become visible again. */
export interface ReturnedRecord {
  readonly receiptHandle: string;
  readonly delaySeconds: number;
}

/** The queue whose records a worker processes. */
export interface WorkQueue {
  /**
   * Makes these records visible after their delays, at most ten. Never throws: a record that it can't return waits for the
   * queue's visibility time-out.
   */
  returnLater(records: readonly ReturnedRecord[]): Promise<void>;
}
