import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { MAX_RECEIVES } from '../lambdas/shared/queue-retry.ts';
import { type EncryptionProps, KEY_ACTIONS } from './encryption.ts';

export interface WorkQueueProps extends EncryptionProps {
  /** Timeout of the function that consumes the queue. */
  readonly consumerTimeoutSeconds: number;
  /** Environment variable with the queue's URL, for functions that may send. @default - no variable is set */
  readonly urlVariable?: string | undefined;
}

export interface ConsumeOptions {
  /**
   * Maximum batches processed at the same time, 2 to 1,000. It keeps Lambda's pollers of an idle queue at five instead of two
   * (`IDLE_POLLERS`).
   * @default - as many as Lambda scales to: five, then 300 more in each minute with a backlog
   */
  readonly maxConcurrency?: number | undefined;
  /** Maximum records per batch. @default 10 */
  readonly batchSize?: number;
}

/**
 * How many long polls of 20 s Lambda keeps open at an idle queue. SQS bills each as a request.
 * docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const IDLE_POLLERS = { withMaxConcurrency: 5, without: 2 };

/**
 * A function that dies leaves its batch to the visibility time-out. Twenty of these must outlast an outage of half an hour,
 * too (docs/adr/0020-failed-records-and-concurrency.md).
 */
const LEAST_VISIBILITY_SECONDS = 120;

/**
 * How long SQS uses a data key before it asks KMS again: a caller of a queue costs at most so many requests an hour, and a key that is
 * switched off is in use for so long.
 */
const DATA_KEY_REUSE = Duration.hours(1);

/** Of every queue: it is encrypted, and takes requests by TLS alone. */
export function queueSecurity({ encryptionKey }: EncryptionProps): QueueProps {
  const encryption = encryptionKey
    ? {
        encryption: QueueEncryption.KMS,
        encryptionMasterKey: encryptionKey,
        dataKeyReuse: DATA_KEY_REUSE,
      }
    : { encryption: QueueEncryption.SQS_MANAGED };
  return { ...encryption, enforceSSL: true };
}

/** A standard queue of jobs for one function, with a dead-letter queue for jobs that fail for half an hour. */
export class WorkQueue extends Construct {
  /** The queue itself, with its URL and metrics. */
  readonly queue: Queue;
  /**
   * Jobs that failed for half an hour, were refused, or are malformed, kept for 14 days. Fix the cause, then redrive them:
   * all jobs are idempotent.
   */
  readonly deadLetterQueue: Queue;
  readonly #urlVariable: string | undefined;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.#urlVariable = props.urlVariable;
    const security = queueSecurity(props);
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...security,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      ...security,
      // Lambda retries a throttled batch within this time:
      // docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(
        Math.max(6 * props.consumerTimeoutSeconds, LEAST_VISIBILITY_SECONDS),
      ),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
    });
  }

  /** Allows one of our functions to send to the queue, and sets its variable with the queue's URL. */
  grantSend(fn: LambdaFunction): Grant {
    if (this.#urlVariable !== undefined) fn.addEnvironment(this.#urlVariable, this.queue.queueUrl);
    return this.grantSendTo(fn);
  }

  /** Allows any principal to send to the queue. @example chat.serviceQueue.grantSendTo(orderService); */
  grantSendTo(grantee: IGrantable): Grant {
    this.queue.encryptionMasterKey?.grant(grantee, ...KEY_ACTIONS.write);
    return Grant.addToPrincipal({
      grantee,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.queue.queueArn],
    });
  }

  /**
   * Makes the function consume the queue, with the permissions that Lambda's poller needs; one of them,
   * `sqs:ChangeMessageVisibility`, lets the function return failed records. No batching window: a job starts
   * at once, and batches grow under load.
   */
  consumeBy(fn: LambdaFunction, { maxConcurrency, batchSize = 10 }: ConsumeOptions): void {
    fn.addEnvironment(ENV.workQueueUrl, this.queue.queueUrl);
    fn.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize,
        reportBatchItemFailures: true,
        ...(maxConcurrency !== undefined && { maxConcurrency }),
      }),
    );
  }
}
