import { createBuckets } from './emulators/buckets.ts';
import { dynamoDbClient, s3Client, snsClient, sqsClient } from './emulators/clients.ts';
import { expireItems } from './emulators/expiry.ts';
import { expireObjects } from './emulators/object-expiry.ts';
import { createQueues } from './emulators/queues.ts';
import { createTables } from './emulators/tables.ts';
import { createTopics } from './emulators/topics.ts';
import type { StackModel } from './model.ts';
import { messageOf } from './operator-error.ts';
import type { Endpoints, RuntimeOptions, SharedEndpoints } from './runtime-options.ts';

/** Creates the stack's tables, queues, topics, and buckets, unless they are there. */
export async function createStorage(direct: SharedEndpoints, stack: StackModel): Promise<void> {
  const dynamoDb = dynamoDbClient(direct.dynamodb);
  const sqs = sqsClient(direct.sqs);
  const sns = snsClient(direct.sns);
  const s3 = s3Client(direct.s3);
  try {
    await Promise.all([
      createTables(dynamoDb, stack.tables),
      createQueues(sqs, stack.queues).then(() => createTopics(sns, stack.topics)),
      createBuckets(s3, stack.buckets),
    ]);
  } finally {
    for (const client of [dynamoDb, sqs, sns, s3]) client.destroy();
  }
}

/**
 * Deletes what has expired, as DynamoDB and S3 do sooner or later.
 * @param aheadSeconds how far the clock that decides is ahead. @default 0
 * @returns the number of deleted items of tables
 */
export type ExpireItems = (aheadSeconds?: number) => Promise<number>;

/** By way of the proxy, whose replica must learn of the deletions. It records none: nobody pays for them on AWS. */
export function startExpiry(
  { expiry }: Pick<RuntimeOptions, 'expiry'>,
  { tables, buckets }: StackModel,
  endpoints: Pick<Endpoints, 'dynamodb' | 's3'>,
  onWarning: (message: string) => void,
  cleanups: AsyncDisposableStack,
): ExpireItems {
  const client = dynamoDbClient(endpoints.dynamodb);
  const s3 = s3Client(endpoints.s3);
  cleanups.defer(() => {
    client.destroy();
    s3.destroy();
  });
  const expire = async (aheadSeconds = 0) => {
    const nowMs = Date.now() + aheadSeconds * 1000;
    const [count] = await Promise.all([
      expireItems(client, tables, nowMs),
      expireObjects(s3, buckets, nowMs),
    ]);
    return count;
  };
  if (expiry === undefined) return expire;
  const sweep = () =>
    expire(expiry.aheadSeconds).catch((error: unknown) =>
      onWarning(`Cannot delete what has expired: ${messageOf(error)}`),
    );
  const timer = setInterval(() => void sweep(), expiry.everySeconds * 1000).unref();
  cleanups.defer(() => clearInterval(timer));
  return expire;
}
