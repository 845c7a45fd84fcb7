import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { type IEventSourceDlq, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { type EncryptionProps, KEY_ACTIONS } from './encryption.ts';
import type { StreamSource } from './function-spec.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { Storage } from './storage.ts';
import { queueSecurity } from './work-queue.ts';

export interface StreamConsumerProps extends EncryptionProps {
  readonly fn: HandlerFunction;
  readonly storage: Storage;
  /** What the function gets: one mapping each. */
  readonly sources: readonly StreamSource[];
  /** Maximum records of a batch. */
  readonly batchSize: number;
  /** How long a batch is gathered. @default 0 */
  readonly windowSeconds?: number;
  /** Whether a batch is retried for as long as the stream keeps it. @default false - for half an hour */
  readonly retriesUntilGone?: boolean;
}

/**
 * A batch that fails is retried this often, and blocks its shard meanwhile: everything behind it waits. The workers take
 * their time for a fault of another service and none for a record that they can't read (lambdas/shared/stream-retry.ts).
 * So these retries outlast an outage of half an hour, as those of the queues do, and a broken record is out of the
 * way within minutes (docs/adr/0044-events-from-the-tables-streams.md).
 */
const RETRIES = 40;

/**
 * The failure queue says where in the stream the failed records are, and a stream keeps them for 24 hours. So half of
 * that time is for retries, and half for the operator.
 */
const MAX_RECORD_AGE = Duration.hours(12);

/** A function that reads the streams of tables, and a queue that says which records it could not process. */
export class StreamConsumer extends Construct {
  /** Says which records failed, by shard and sequence number. Kept for 14 days; the records themselves for 24 hours. */
  readonly failureQueue: Queue;

  constructor(scope: Construct, id: string, props: StreamConsumerProps) {
    super(scope, id);
    const { fn, storage, sources, batchSize, windowSeconds = 0, retriesUntilGone = false } = props;
    this.failureQueue = new Queue(this, 'Failures', {
      ...queueSecurity(props),
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.failureQueue, 'AwsSolutions-SQS3', 'It is the dead-letter queue of a stream.');
    for (const { table, filters } of sources) {
      fn.addEventSource(
        new DynamoEventSource(storage[table].streamed(), {
          // A new mapping misses nothing that was written while it was being created.
          startingPosition: StartingPosition.TRIM_HORIZON,
          batchSize,
          reportBatchItemFailures: true,
          bisectBatchOnError: true,
          ...(windowSeconds > 0 && { maxBatchingWindow: Duration.seconds(windowSeconds) }),
          ...(!retriesUntilGone && { retryAttempts: RETRIES, maxRecordAge: MAX_RECORD_AGE }),
          onFailure: failuresTo(this.failureQueue),
          filters: filters.map((pattern) => ({ pattern: JSON.stringify(pattern) })),
        }),
      );
    }
    if (fn.role) {
      acknowledge(
        fn.role,
        'AwsSolutions-IAM5[Resource::*]',
        'Lambda needs dynamodb:ListStreams, which has no resource.',
      );
    }
  }
}

/** As CDK's `SqsDlq`, but with exact actions on the queue's key, if it has one. */
function failuresTo(queue: Queue): IEventSourceDlq {
  return {
    bind(_, grantee) {
      const actions = ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];
      Grant.addToPrincipal({ grantee, actions, resourceArns: [queue.queueArn] });
      queue.encryptionMasterKey?.grant(grantee, ...KEY_ACTIONS.write);
      return { destination: queue.queueArn };
    },
  };
}
