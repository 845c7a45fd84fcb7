import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DelayedJob, OfflineQueue } from '../domain/offline.ts';
import { chunk } from '../shared/chunk.ts';
import { UnavailableError } from '../shared/errors.ts';

const BATCH = 10;

/** SQS standard queue: at least once, in any order. One request for up to ten jobs. */
export function createOfflineQueue(queueUrl: string): OfflineQueue {
  const client = new SQSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });

  async function send(jobs: readonly DelayedJob[]): Promise<void> {
    const entries = jobs.map(({ job, delaySeconds }, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(job),
      DelaySeconds: delaySeconds,
    }));
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
    const { Failed } = await client.send(command).catch((cause: unknown) => {
      throw new UnavailableError({ cause });
    });
    if (Failed !== undefined && Failed.length > 0) throw new UnavailableError();
  }

  return {
    async enqueue(jobs) {
      await Promise.all(chunk(jobs, BATCH).map(send));
    },
  };
}
