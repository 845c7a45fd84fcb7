import { z } from 'zod';
import type { InvokeResult } from '../model.ts';

const reportSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish(),
});

/**
 * The index of the first record of a batch that has to be processed again; the batch's length if none has.
 *
 * Lambda takes the lowest sequence number of a report as its checkpoint. A missing or empty report means success; one that is
 * invalid, or names a record outside the batch, is a complete failure.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function checkpointOf(
  result: InvokeResult,
  sequenceNumbers: readonly string[],
  reportBatchItemFailures: boolean,
): number {
  if (!result.ok) return 0;
  const success = sequenceNumbers.length;
  if (!reportBatchItemFailures || result.payload === null) return success;
  const { data: report } = reportSchema.safeParse(result.payload);
  if (report === undefined) return 0;
  const places = (report.batchItemFailures ?? []).map(({ itemIdentifier }) =>
    sequenceNumbers.indexOf(itemIdentifier),
  );
  return places.includes(-1) ? 0 : Math.min(success, ...places);
}
