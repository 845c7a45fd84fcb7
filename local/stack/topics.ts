import { isRecord } from '../json.ts';
import type { SubscriptionModel, TopicModel } from '../model.ts';
import { physicalName, topicArn } from './identifiers.ts';
import type { ResolvedTemplate } from './resources.ts';
import { type Resource, reader } from './template.ts';

/** Properties with the same name as an attribute of `Subscribe`. */
const SUBSCRIPTION_ATTRIBUTES = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery'];

/** The topics with the queues that subscribe to them, and a warning for each subscriber of another kind. */
export function topicModels(
  template: ResolvedTemplate,
  stackName: string,
): { readonly models: readonly TopicModel[]; readonly warnings: readonly string[] } {
  const subscriptions = template.ofType('AWS::SNS::Subscription');
  const isQueue = (resource: Resource) => reader(resource).text('Protocol') === 'sqs';
  const models = template.ofType('AWS::SNS::Topic').map((resource) => {
    const topicName =
      reader(resource).optionalText('TopicName') ?? physicalName(stackName, resource.logicalId);
    const own = subscriptions.filter((each) => reader(each).text('TopicArn') === topicArn(topicName));
    return {
      logicalId: resource.logicalId,
      topicName,
      subscriptions: own.filter(isQueue).map(subscriptionModel),
    };
  });
  const warnings = subscriptions
    .filter((each) => !isQueue(each))
    .map(
      (each) =>
        `${each.logicalId} (AWS::SNS::Subscription) gets nothing on one machine: only queues can subscribe.`,
    );
  return { models, warnings };
}

function subscriptionModel(resource: Resource): SubscriptionModel {
  const attributes = SUBSCRIPTION_ATTRIBUTES.flatMap((name) => {
    const value = resource.properties[name];
    if (value === undefined) return [];
    return [[name, isRecord(value) ? JSON.stringify(value) : String(value)] as const];
  });
  return { queueArn: reader(resource).text('Endpoint'), attributes: Object.fromEntries(attributes) };
}
