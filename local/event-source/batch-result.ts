import { z } from 'zod';
import type { InvokeResult } from '../model.ts';

const reportSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish(),
});

/**
 * The message ids of a batch that return to the queue.
 *
 * If the function fails, the whole batch returns. With `ReportBatchItemFailures` the function names failed messages: a
 * missing or empty report means success; an invalid report, or one that names a message outside the batch, returns the
 * whole batch.
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
