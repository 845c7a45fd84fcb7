import type { InvokeResult } from '../model.ts';

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
  if (typeof result.payload !== 'object' || Array.isArray(result.payload)) return all;
  const { batchItemFailures: failures } = result.payload as { readonly batchItemFailures?: unknown };
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const named = failures.map((failure: unknown) => identifierOf(failure));
  const isUnderstood = named.every((id) => id !== undefined && all.has(id));
  return isUnderstood ? new Set(named as string[]) : all;
}

function identifierOf(failure: unknown): string | undefined {
  const id = (failure as { readonly itemIdentifier?: unknown } | null)?.itemIdentifier;
  return typeof id === 'string' ? id : undefined;
}
