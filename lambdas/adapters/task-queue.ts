import type { TaskQueue } from '../domain/model/task.ts';
import { createBatchSender } from './sqs.ts';

/** SQS standard queue: at least once, so two workers may have the same task (domain/tasks/run-task.ts). */
export function createTaskQueue(queueUrl: string): TaskQueue {
  const send = createBatchSender(queueUrl);
  return {
    enqueue: (job, delaySeconds) => send([{ MessageBody: JSON.stringify(job), DelaySeconds: delaySeconds }]),
  };
}
