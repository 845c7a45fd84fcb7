import { z } from 'zod';
import type { InvokeResult } from '../model.ts';

const reportSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish(),
});

export interface Checkpoint {
  /** How many records of the batch, from its first on, are processed. */
  readonly done: number;
  /** Whether nothing says which record failed: then the batch may be halved. */
  readonly hasFailed: boolean;
}

const FAILED: Checkpoint = { done: 0, hasFailed: true };

/**
 * How much of a batch is done. Lambda takes the lowest sequence number of a report as its checkpoint. A missing or empty report means
 * success; one that is invalid, or names a record outside the batch, is a complete failure.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function checkpointOf(
  result: InvokeResult,
  sequenceNumbers: readonly string[],
  reportBatchItemFailures: boolean,
): Checkpoint {
  if (!result.ok) return FAILED;
  const success = { done: sequenceNumbers.length, hasFailed: false };
  if (!reportBatchItemFailures || result.payload === null) return success;
  const { data: report } = reportSchema.safeParse(result.payload);
  if (report === undefined) return FAILED;
  const places = (report.batchItemFailures ?? []).map(({ itemIdentifier }) =>
    sequenceNumbers.indexOf(itemIdentifier),
  );
  return places.includes(-1) ? FAILED : { ...success, done: Math.min(success.done, ...places) };
}
