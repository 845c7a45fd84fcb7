import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { chunk } from '../shared/chunk.ts';
import { UnavailableError } from '../shared/errors.ts';
import { sha256 } from '../shared/json.ts';

const BATCH = 10;

/**
 * Names the group of a fair queue: the backlog of one doesn't hold up the others
 * (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html). A hash, since a direct
 * conversation's id may be longer than the 128 characters allowed.
 */
export function fairGroup(tenant: string): string {
  return sha256(tenant);
}

/**
 * Sends entries to a queue, ten a request. Durable when it resolves.
 * @throws {UnavailableError} if any of them isn't
 */
export function createBatchSender(QueueUrl: string) {
  const client = new SQSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });

  async function send(entries: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[]): Promise<void> {
    const Entries = entries.map((entry, index) => ({ Id: String(index), ...entry }));
    const { Failed } = await client
      .send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      .catch((cause: unknown) => {
        throw new UnavailableError({ cause });
      });
    if (Failed !== undefined && Failed.length > 0) throw new UnavailableError();
  }

  return async (entries: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[]): Promise<void> => {
    await Promise.all(chunk(entries, BATCH).map(send));
  };
}
