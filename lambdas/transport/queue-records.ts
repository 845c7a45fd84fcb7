import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { FailedJob, WorkQueue } from '../domain/model/failed-job.ts';
import { errorBody, ImError } from '../shared/errors.ts';
import { parseJson } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';
import { HOPELESS_SECONDS, returnDelaySeconds } from '../shared/queue-retry.ts';

export interface Job<Body> {
  readonly recordId: string;
  readonly body: Body;
  /** SQS has delivered it before: the function that had it may have died while processing it. */
  readonly isRepeat: boolean;
  /** When it was put into the queue. */
  readonly sentAtMs: number;
}

/**
 * Parses the records of a batch, processes the jobs, and reports those to retry. SQS would deliver a failed record again
 * only after the queue's visibility time-out, minutes later. So it is returned after a wait of seconds that grows with
 * each failure (`returnDelaySeconds`), and becomes a dead letter when it has failed for half an hour. A record that no
 * retry helps (malformed, or refused) becomes one within a minute, and does not block others (IM-FAULT-5).
 * docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 *
 * @param name what the log calls the job
 */
export async function processBatch<Schema extends z.ZodMiniType>(
  name: string,
  schema: () => Schema,
  records: readonly SQSRecord[],
  { workQueue }: { readonly workQueue: WorkQueue },
  process: (jobs: readonly Job<z.output<Schema>>[]) => Promise<readonly FailedJob[]>,
): Promise<SQSBatchResponse> {
  const jobs: Job<z.output<Schema>>[] = [];
  const failed: FailedRecord[] = [];
  for (const record of records) {
    try {
      const body = parseWith(schema, parseJson(record.body));
      const sentAtMs = Number(record.attributes.SentTimestamp);
      jobs.push({ recordId: record.messageId, body, isRepeat: receiveCountOf(record) > 1, sentAtMs });
    } catch (reason) {
      failed.push({ record, reason, lasting: `malformed ${name}` });
    }
  }
  const byId = new Map(records.map((record) => [record.messageId, record]));
  // A call that serves all jobs of the batch failed. If we rethrew, the jobs would wait for the visibility time-out.
  const failAll = (reason: unknown) => jobs.map(({ recordId }) => ({ recordId, reason }));
  for (const { recordId, reason } of jobs.length === 0 ? [] : await process(jobs).catch(failAll)) {
    const record = byId.get(recordId);
    if (record !== undefined)
      failed.push({ record, reason, passing: `${name} retried`, lasting: `${name} failed` });
  }
  if (failed.length > 0) await giveBack(workQueue, failed);
  return { batchItemFailures: failed.map(({ record }) => ({ itemIdentifier: record.messageId })) };
}

/**
 * From this failure on, 15 to 30 s after the first, a line is an error and counts for the alarm of logged faults. Otherwise one
 * batch that failed once, on a throttled table, would raise that alarm.
 */
const LASTING_FAILURES = 5;

interface FailedRecord {
  readonly record: SQSRecord;
  readonly reason: unknown;
  /** The text of the log line as long as the failure may be temporary. */
  readonly passing?: string;
  /** Its text when an operator must act. */
  readonly lasting: string;
}

async function giveBack(workQueue: WorkQueue, failed: readonly FailedRecord[]): Promise<void> {
  for (const each of failed) logFailure(each);
  await workQueue.returnLater(
    failed.map(({ record, reason }) => ({
      receiptHandle: record.receiptHandle,
      delaySeconds: isHopeless(reason)
        ? HOPELESS_SECONDS
        : returnDelaySeconds(receiveCountOf(record), Math.random()),
    })),
  );
}

function logFailure({ record, reason, passing, lasting }: FailedRecord): void {
  const fields = { recordId: record.messageId, error: describe(reason) };
  if (!isHopeless(reason) && passing !== undefined && receiveCountOf(record) < LASTING_FAILURES) {
    logger.warn(passing, fields);
    return;
  }
  // A hopeless record comes back many times within seconds, each time with the same error.
  if (!isHopeless(reason) || receiveCountOf(record) === 1) logger.error(lasting, fields);
}

function receiveCountOf({ attributes }: SQSRecord): number {
  return Number(attributes.ApproximateReceiveCount);
}

/** Whether it would fail at each retry: a malformed record, or a request that was refused. */
function isHopeless(reason: unknown): boolean {
  return reason instanceof ImError && !errorBody(reason).retryable;
}

/** Processes all jobs at once. Each succeeds or fails by itself. */
export async function processEach<Body>(
  jobs: readonly Job<Body>[],
  process: (body: Body, job: Job<Body>) => Promise<void>,
): Promise<readonly FailedJob[]> {
  return processGroups(
    jobs.map((job) => [job]),
    ([job]) => process(job.body, job),
  );
}

type Group<Body> = readonly [Job<Body>, ...Job<Body>[]];

/** Processes all groups at once, each as one job. If a group fails, all of its jobs are retried. */
export async function processGroups<Body>(
  groups: readonly Group<Body>[],
  process: (group: Group<Body>) => Promise<void>,
): Promise<readonly FailedJob[]> {
  const results = await Promise.allSettled(groups.map(process));
  return groups.flatMap((group, index) => {
    const result = results[index];
    if (result?.status !== 'rejected') return [];
    return group.map(({ recordId }) => ({ recordId, reason: result.reason }));
  });
}
