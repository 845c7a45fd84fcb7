import type { FanOutQueue } from '../domain/model/fan-out-job.ts';
import { createBatchSender, fairGroup } from './sqs.ts';

/**
 * Standard queue with fair-queue groups: the jobs of one busy group don't delay those of others (SQS fair queues).
 * A job with 1,000 users has about 40 KB, so ten fit into a request, which takes 1 MiB.
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
    watch: (job, delaySeconds) =>
      send([
        {
          MessageBody: JSON.stringify(job),
          DelaySeconds: delaySeconds,
          MessageGroupId: fairGroup(job.watchdogOf),
        },
      ]),
  };
}
