/**
 * Rows of the conversation table that become events, by the beginning of their partition key. This file has no imports: the
 * construct filters the table's stream by them, the adapters write them, and the worker reads them.
 */
export const EVENT_ROWS = {
  /** Reports: lambdas/adapters/report-table.ts. */
  report: 'report#',
  /** What has no other row, such as a ban: lambdas/adapters/event-table.ts. */
  event: 'event#',
} as const;
