import { ChangeMessageVisibilityBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { WorkQueue } from '../domain/model/failed-job.ts';
import { describe, logger } from '../shared/logger.ts';

/**
 * The queue whose records this function processes: one call for each batch with failures, otherwise none. At most 2 s, since
 * the function's time-out would return the whole batch.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
 */
export function createWorkQueue(QueueUrl: string): WorkQueue {
  const client = new SQSClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
  });
  return {
    async returnLater(records) {
      const Entries = records.map(({ receiptHandle, delaySeconds }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: delaySeconds,
      }));
      try {
        const { Failed = [] } = await client.send(
          new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }),
        );
        if (Failed.length > 0) logger.warn('records not returned', { code: Failed[0]?.Code });
      } catch (error) {
        logger.warn('records not returned', { error: describe(error) });
      }
    },
  };
}
