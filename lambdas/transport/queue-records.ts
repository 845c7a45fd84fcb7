import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { FailedJob } from '../domain/model/failed-job.ts';
import { parseJson } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';

export interface Job<Body> {
  readonly recordId: string;
  readonly body: Body;
  /** SQS has delivered it before: the function that had it may have died while processing it. */
  readonly isRepeat: boolean;
}

/**
 * Parses the records of a batch, processes the jobs, and returns those to retry. After five attempts SQS moves a job to
 * the dead-letter queue. A malformed record goes there the same way, and does not block others (IM-FAULT-5).
 * @param name what the log calls the job
 */
export async function processBatch<Schema extends z.ZodMiniType>(
  name: string,
  schema: () => Schema,
  records: readonly SQSRecord[],
  process: (jobs: readonly Job<z.output<Schema>>[]) => Promise<readonly FailedJob[]>,
): Promise<SQSBatchResponse> {
  const jobs: Job<z.output<Schema>>[] = [];
  const malformed: string[] = [];
  for (const { messageId, body, attributes } of records) {
    try {
      const isRepeat = Number(attributes.ApproximateReceiveCount) > 1;
      jobs.push({ recordId: messageId, body: parseWith(schema, parseJson(body)), isRepeat });
    } catch (error) {
      logger.error(`malformed ${name}`, { recordId: messageId, error: describe(error) });
      malformed.push(messageId);
    }
  }
  const failed = jobs.length === 0 ? [] : await process(jobs);
  for (const { recordId, reason } of failed)
    logger.error(`${name} failed`, { recordId, error: describe(reason) });
  const again = [...malformed, ...failed.map(({ recordId }) => recordId)];
  return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Processes all jobs at once. Each succeeds or fails by itself. */
export async function processEach<Body>(
  jobs: readonly Job<Body>[],
  process: (body: Body) => Promise<void>,
): Promise<readonly FailedJob[]> {
  return processGroups(
    jobs.map((job) => [job]),
    ([job]) => process(job.body),
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
