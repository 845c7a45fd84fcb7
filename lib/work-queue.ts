import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface WorkQueueProps {
  /** Timeout of the function that consumes the queue. */
  readonly consumerTimeoutSeconds: number;
  /** Environment variable with the queue's URL, for functions that may send. @default - no variable is set */
  readonly urlVariable?: string;
}

export interface ConsumeOptions {
  /** Maximum batches processed at the same time, 2 to 1,000. */
  readonly maxConcurrency: number;
  /** Maximum records per batch. @default 10 */
  readonly batchSize?: number;
}

/** A standard queue of jobs for one function, with a dead-letter queue for jobs that fail five times. */
export class WorkQueue extends Construct {
  /** The queue itself, with its URL and metrics. */
  readonly queue: Queue;
  /** Jobs that failed five times, kept for 14 days. Fix the cause, then redrive them: all jobs are idempotent. */
  readonly deadLetterQueue: Queue;
  readonly #urlVariable: string | undefined;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.#urlVariable = props.urlVariable;
    const security = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...security,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      ...security,
      // Lambda retries a throttled batch within this time:
      // docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(6 * props.consumerTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 5 },
    });
  }

  /** Allows one of our functions to send to the queue, and sets its variable with the queue's URL. */
  grantSend(fn: LambdaFunction): Grant {
    if (this.#urlVariable !== undefined) fn.addEnvironment(this.#urlVariable, this.queue.queueUrl);
    return this.grantSendTo(fn);
  }

  /** Allows any principal to send to the queue. @example chat.serviceQueue.grantSendTo(orderService); */
  grantSendTo(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.queue.queueArn],
    });
  }

  /**
   * Makes the function consume the queue, with the permissions that Lambda's poller needs. No batching window: a job starts
   * at once, and batches grow under load.
   */
  consumeBy(fn: LambdaFunction, { maxConcurrency, batchSize = 10 }: ConsumeOptions): void {
    fn.addEventSource(
      new SqsEventSource(this.queue, { batchSize, reportBatchItemFailures: true, maxConcurrency }),
    );
  }
}
