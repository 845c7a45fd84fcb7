import { type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

export interface Subscription {
  readonly queues: SQSClient;
  readonly topics: SNSClient;
  readonly topicArn: string;
  readonly queueName: string;
  /** docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html */
  readonly policy: Readonly<Record<string, readonly string[]>>;
}

/** Makes the queue and its subscription, unless they are there. @returns the queue's URL */
export async function subscribe({
  queues,
  topics,
  topicArn,
  queueName,
  policy,
}: Subscription): Promise<string> {
  const { QueueUrl } = await queues.send(new CreateQueueCommand({ QueueName: queueName }));
  const { Attributes } = await queues.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const queueArn = Attributes?.QueueArn;
  if (QueueUrl === undefined || queueArn === undefined) throw new Error('SQS names no queue.');
  const Policy = JSON.stringify(onlyFrom(topicArn, queueArn));
  await queues.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await topics.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      // The event itself, not a letter of SNS around it.
      Attributes: { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify(policy) },
    }),
  );
  return QueueUrl;
}

function onlyFrom(topicArn: string, queueArn: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
    ],
  };
}
