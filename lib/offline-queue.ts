import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';

export interface OfflineQueueProps {
  /** Time-out of the function that consumes the queue. */
  readonly consumerTimeoutSeconds: number;
}

/** References to messages that no session of their recipient took, on the way to the inbox. */
export class OfflineQueue extends Construct {
  readonly queue: Queue;
  /** What failed five times: look at it, mend the cause, redrive; processing again does no harm. */
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: OfflineQueueProps) {
    super(scope, id);
    const security = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...security,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      ...security,
      // Lambda retries a throttled batch within this time: docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(6 * props.consumerTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 5 },
    });
  }

  /** Allows to enqueue, and tells the function the queue's URL. */
  grantSend(fn: LambdaFunction): Grant {
    fn.addEnvironment(ENV.offlineQueueUrl, this.queue.queueUrl);
    return Grant.addToPrincipal({
      grantee: fn,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.queue.queueArn],
    });
  }

  /**
   * Makes the function work on the queue, and allows what Lambda's poller needs. No window: a reference is written, or
   * its message delivered, as soon as it is there; a batch grows by itself when there is much to do.
   */
  consumeBy(fn: LambdaFunction, maxConcurrency: number): void {
    fn.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency }),
    );
  }
}
