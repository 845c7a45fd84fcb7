import type { FanOutQueue } from '../domain/model/fan-out-job.ts';
import { createBatchSender, fairGroup } from './sqs.ts';

/**
 * Standard queue with fair-queue groups: the jobs of one busy group don't delay those of others (SQS fair queues).
 * A job of 1,000 users is about 40 KB, ten of them below the 1 MiB of a request.
 */
export function createFanOutQueue(queueUrl: string): FanOutQueue {
  const send = createBatchSender(queueUrl);
  return {
    enqueue: (jobs) =>
      send(
        jobs.map((job) => ({
          MessageBody: JSON.stringify(job),
          MessageGroupId: fairGroup(job.conversationId),
        })),
      ),
  };
}
