import type { StoredMessage } from './message.ts';

/** A message that a user has reported to the operator (IM-REPORT-1). */
export interface Report {
  readonly reporter: string;
  readonly message: StoredMessage;
  readonly reason: string;
  readonly atMs: number;
}

export interface ReportWriter {
  /**
   * Keeps the report, with a copy of the message. Idempotent: a user's first report of a message stays.
   * @returns the day under which the operator finds it: yyyy-mm-dd, UTC
   */
  keep(report: Report): Promise<string>;
}
