import type { DelayedJob, OfflineQueue } from '../domain/offline.ts';
import { createBatchSender } from './sqs.ts';

/** SQS standard queue: at least once, in any order. One request for up to ten jobs. */
export function createOfflineQueue(queueUrl: string): OfflineQueue {
  const send = createBatchSender(queueUrl);
  return {
    enqueue: (jobs: readonly DelayedJob[]) =>
      send(
        jobs.map(({ job, delaySeconds }) => ({
          MessageBody: JSON.stringify(job),
          DelaySeconds: delaySeconds,
        })),
      ),
  };
}
