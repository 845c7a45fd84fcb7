import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface WorkQueueProps {
  /** Time-out of the function that consumes the queue. */
  readonly consumerTimeoutSeconds: number;
  /** Variable by which a function that may send learns the queue's URL. @default - none of ours sends */
  readonly urlVariable?: string;
}

export interface ConsumeOptions {
  readonly maxConcurrency: number;
  /** @default 10 */
  readonly batchSize?: number;
}

/** A standard queue of jobs for one function, and a dead-letter queue for those that it can't do. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  /** What failed five times: look at it, mend the cause, redrive; processing again does no harm. */
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

  /** Allows one of our functions to enqueue, and tells it the queue's URL. */
  grantSend(fn: LambdaFunction): Grant {
    if (this.#urlVariable !== undefined) fn.addEnvironment(this.#urlVariable, this.queue.queueUrl);
    return this.grantSendTo(fn);
  }

  /** Allows anybody to enqueue. */
  grantSendTo(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.queue.queueArn],
    });
  }

  /**
   * Makes the function work on the queue, and allows what Lambda's poller needs. No window: a job is done as soon as it
   * is there; a batch grows by itself when there is much to do.
   */
  consumeBy(fn: LambdaFunction, { maxConcurrency, batchSize = 10 }: ConsumeOptions): void {
    fn.addEventSource(
      new SqsEventSource(this.queue, { batchSize, reportBatchItemFailures: true, maxConcurrency }),
    );
  }
}
