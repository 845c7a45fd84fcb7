import { z } from 'zod';
import type { InvokeResult } from '../model.ts';

const reportSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish(),
});

/**
 * The message ids of a batch that come back to the queue.
 *
 * A function that fails gives the whole batch back. One with `ReportBatchItemFailures` names the failed ones; a report
 * that can't be understood, or that names a message that wasn't in the batch, gives back the whole batch, while no
 * report, or an empty one, is success.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedMessageIds(
  result: InvokeResult,
  messageIds: readonly string[],
  reportBatchItemFailures: boolean,
): ReadonlySet<string> {
  const all = new Set(messageIds);
  if (!result.ok) return all;
  if (!reportBatchItemFailures || result.payload === null) return new Set();
  const { data: report } = reportSchema.safeParse(result.payload);
  if (report === undefined) return all;
  const named = new Set(report.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  return [...named].every((id) => all.has(id)) ? named : all;
}
