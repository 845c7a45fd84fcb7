/** A queue record to retry, and why it failed. */
export interface FailedJob {
  readonly recordId: string;
  readonly reason: unknown;
}
