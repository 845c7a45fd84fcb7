import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { chunk } from '../shared/chunk.ts';
import { UnavailableError } from '../shared/errors.ts';
import { sha256 } from '../shared/json.ts';
import { keptLines } from './kept-lines.ts';

const BATCH = 10;

/**
 * Returns the group of a fair queue: a backlog of one group does not delay others
 * (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html). A hash, since the id of a
 * direct conversation may exceed the limit of 128 characters.
 */
export function fairGroup(tenant: string): string {
  return sha256(tenant);
}

/** SQS takes neither U+FFFE nor U+FFFF, and the emulator nothing above. A pushed frame may hold any text. */
const UNSENDABLE = /[\ud800-\udfff\ufffe\uffff]/g;

/** The same JSON, in characters that SQS takes: the others are inside of its strings, and escaped there. */
export function sendable(json: string): string {
  return json.replace(UNSENDABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}

/**
 * Returns a function that sends entries to a queue, ten per request. It resolves when all are durable.
 * @throws {UnavailableError} some may not be durable
 */
export function createBatchSender(QueueUrl: string, { maxAttempts = 3, requestTimeout = 2_000 } = {}) {
  const client = new SQSClient({
    maxAttempts,
    requestHandler: {
      ...keptLines().agents,
      connectionTimeout: 1_000,
      requestTimeout,
      throwOnRequestTimeout: true,
    },
  });

  async function send(entries: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[]): Promise<void> {
    const Entries = entries.map(({ MessageBody = '', ...entry }, index) => ({
      Id: String(index),
      ...entry,
      MessageBody: sendable(MessageBody),
    }));
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
