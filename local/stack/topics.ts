import { isRecord, recordOf } from '../json.ts';
import type { EventSourceModel, QueueModel, SubscriptionModel, TopicModel } from '../model.ts';
import { functionArn, queueArn } from './identifiers.ts';
import type { ResolvedApp } from './resources.ts';
import { type Resource, reader } from './template.ts';

/** Properties with the same name as an attribute of `Subscribe`. */
const SUBSCRIPTION_ATTRIBUTES = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery'];

/** The topics, and what passes their messages to functions. */
export interface Topics {
  readonly models: readonly TopicModel[];
  /** Queues that the template does not have: the emulator's topics know queues as subscribers, and no functions. */
  readonly queues: readonly QueueModel[];
  readonly eventSources: readonly EventSourceModel[];
  /** One for each subscriber that gets nothing. */
  readonly warnings: readonly string[];
}

/** @param functionIds logical ids of the functions by function name */
export function topicModels(app: ResolvedApp, functionIds: ReadonlyMap<string, string>): Topics {
  const subscriptions = app.ofType('AWS::SNS::Subscription');
  const functionOf = (subscription: Resource) => {
    const { Protocol: protocol, Endpoint: endpoint } = subscription.properties;
    const [, id] = [...functionIds].find(([name]) => functionArn(name) === endpoint) ?? [];
    return protocol === 'lambda' ? id : undefined;
  };
  const relays = subscriptions.flatMap((subscription) => {
    const functionId = functionOf(subscription);
    return functionId === undefined ? [] : [relay(subscription, functionId)];
  });
  const isQueue = (resource: Resource) => reader(resource).text('Protocol') === 'sqs';
  const models = app.ofType('AWS::SNS::Topic').map((resource) => {
    const own = (each: Resource) => reader(each).text('TopicArn') === resource.identity.ref;
    return {
      logicalId: resource.logicalId,
      topicName: resource.identity.attributes['TopicName'] ?? '',
      subscriptions: [
        ...subscriptions.filter((each) => isQueue(each) && own(each)).map(queueSubscription),
        ...relays.filter(({ subscription }) => own(subscription)).map((each) => each.model),
      ],
    };
  });
  const warnings = subscriptions
    .filter((each) => !isQueue(each) && functionOf(each) === undefined)
    .map(
      (each) =>
        `${each.logicalId} (AWS::SNS::Subscription) gets nothing on one machine: only queues and functions of the app can subscribe.`,
    );
  const queues = relays.flatMap((each) => each.queues);
  return { models, queues, eventSources: relays.map(({ eventSource }) => eventSource), warnings };
}

function queueSubscription(resource: Resource): SubscriptionModel {
  return { queueArn: reader(resource).text('Endpoint'), attributes: attributesOf(resource) };
}

function attributesOf(resource: Resource): Readonly<Record<string, string>> {
  const attributes = SUBSCRIPTION_ATTRIBUTES.flatMap((name) => {
    const value = resource.properties[name];
    if (value === undefined) return [];
    return [[name, isRecord(value) ? JSON.stringify(value) : String(value)] as const];
  });
  return Object.fromEntries(attributes);
}

/** Lambda's tries of an asynchronous invocation, a minute and two minutes apart; here half a minute. */
const TRIES = 3;
const RETRY_SECONDS = 30;

/** A queue between a topic and a function. */
function relay(subscription: Resource, functionId: string) {
  const queueName = `sns-to-${subscription.identity.ref}`.slice(0, 70);
  const { deadLetterTargetArn } = recordOf(subscription.properties['RedrivePolicy']);
  const failed = { logicalId: `${subscription.logicalId}-failed`, queueName: `${queueName}-failed` };
  const redrive = { deadLetterTargetArn: deadLetterTargetArn ?? queueArn(failed.queueName) };
  const attributes = {
    VisibilityTimeout: String(RETRY_SECONDS),
    RedrivePolicy: JSON.stringify({ ...redrive, maxReceiveCount: TRIES }),
  };
  const queue = { logicalId: `${subscription.logicalId}-relay`, queueName, attributes };
  const model: SubscriptionModel = {
    queueArn: queueArn(queueName),
    attributes: { ...attributesOf(subscription), RawMessageDelivery: 'false' },
  };
  const eventSource: EventSourceModel = {
    logicalId: subscription.logicalId,
    functionId,
    queueName,
    batchSize: 1,
    maximumConcurrency: 1_000,
    visibilitySeconds: RETRY_SECONDS,
    reportBatchItemFailures: false,
    relaysTopic: true,
  };
  const queues: readonly QueueModel[] =
    deadLetterTargetArn === undefined ? [{ ...failed, attributes: {} }, queue] : [queue];
  return { subscription, model, queues, eventSource };
}
