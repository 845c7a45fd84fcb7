import {
  CreateTopicCommand,
  ListSubscriptionsByTopicCommand,
  type SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import type { SubscriptionModel, TopicModel } from '../model.ts';
import { topicArn } from '../stack/identifiers.ts';

/** Creates missing topics, and subscribes the stack's queues to them. */
export async function createTopics(client: SNSClient, topics: readonly TopicModel[]): Promise<void> {
  await Promise.all(
    topics.map(async ({ topicName, subscriptions }) => {
      await client.send(new CreateTopicCommand({ Name: topicName }));
      await Promise.all(subscriptions.map((each) => subscribe(client, topicArn(topicName), each)));
    }),
  );
}

/** In the data folder may be a subscription of the queue with other attributes, which the emulator does not replace. */
async function subscribe(
  client: SNSClient,
  TopicArn: string,
  { queueArn, attributes }: SubscriptionModel,
): Promise<void> {
  const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  const former = Subscriptions.filter(({ Endpoint }) => Endpoint === queueArn);
  await Promise.all(
    former.map(({ SubscriptionArn }) => client.send(new UnsubscribeCommand({ SubscriptionArn }))),
  );
  await client.send(
    new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queueArn, Attributes: { ...attributes } }),
  );
}
