import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { snsClient, sqsClient } from '../../../local/emulators/clients.ts';
import { localQueueUrl } from '../../../local/emulators/queues.ts';
import type { LocalRuntime } from '../../../local/runtime.ts';
import { ACCOUNT_ID, REGION } from '../../../local/stack/identifiers.ts';
import type { Json } from './json.ts';

/** A queue that is subscribed to the stack's topic of events. */
export interface TopicQueue {
  /** All that have come so far, repeats too. */
  all(): Promise<readonly Json[]>;
  stop(): void;
}

/** @param policy a filter policy. @default - all events */
export async function openTopicQueue(
  { endpoints, outputs }: Pick<LocalRuntime, 'endpoints' | 'outputs'>,
  policy?: object,
): Promise<TopicQueue> {
  const name = crypto.randomUUID();
  const [sqs, sns] = [sqsClient(endpoints.sqs), snsClient(endpoints.sns)];
  await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const QueueUrl = localQueueUrl(endpoints.sqs, name);
  await sns.send(
    new SubscribeCommand({
      TopicArn: outputs['EventsTopicArn'],
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`,
      Attributes: {
        RawMessageDelivery: 'true',
        ...(policy !== undefined && { FilterPolicy: JSON.stringify(policy) }),
      },
    }),
  );
  const events: Json[] = [];
  return {
    async all() {
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
        );
        if (Messages.length === 0) return events;
        events.push(...Messages.map(({ Body = '' }) => JSON.parse(Body)));
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      }
    },
    stop() {
      sqs.destroy();
      sns.destroy();
    },
  };
}
