import type { OfflineJob, OfflineQueue } from '../domain/model/offline-job.ts';
import { createBatchSender, fairGroup } from './sqs.ts';

/**
 * SQS standard queue: at least once, in any order. Fair-queue groups keep one busy conversation from delaying others.
 */
export function createOfflineQueue(queueUrl: string): OfflineQueue {
  const send = createBatchSender(queueUrl);
  return {
    enqueue: (jobs) =>
      send(
        jobs.map(({ job, delaySeconds }) => ({
          MessageBody: JSON.stringify(job),
          DelaySeconds: delaySeconds,
          MessageGroupId: fairGroup(tenantOf(job)),
        })),
      ),
  };
}

function tenantOf(job: OfflineJob): string {
  return job.kind === 'drain' ? job.userId : job.reference.conversationId;
}
