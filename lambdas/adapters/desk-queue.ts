import type { DelayedDeskJob, DeskQueue } from '../domain/desk/desk-queue.ts';
import { createBatchSender, fairGroup } from './sqs.ts';

/** SQS standard queue: at least once, in any order. One busy queue of the desk, or agent, waits for itself. */
export function createDeskQueue(queueUrl: string): DeskQueue {
  const send = createBatchSender(queueUrl);
  return {
    enqueue: (jobs: readonly DelayedDeskJob[]) =>
      send(
        jobs.map(({ job, delaySeconds }) => ({
          MessageBody: JSON.stringify(job),
          DelaySeconds: delaySeconds,
          MessageGroupId: fairGroup(job.kind === 'match' ? job.queue : job.userId),
        })),
      ),
  };
}
