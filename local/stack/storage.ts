import { isRecord } from '../json.ts';
import type { EventSourceModel, QueueModel, TableModel } from '../model.ts';
import { functionArn, physicalName, queueArn } from './identifiers.ts';
import { type Resource, reader, TemplateError } from './template.ts';

/** A table of the template as `CreateTable` input, without properties that the emulator does not need. */
export function tableModel(resource: Resource, stackName: string): TableModel {
  const read = reader(resource);
  const ttl = read.record('TimeToLiveSpecification');
  const indexes = ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes'].filter(
    (name) => resource.properties[name] !== undefined,
  );
  return {
    logicalId: resource.logicalId,
    tableName: read.optionalText('TableName') ?? physicalName(stackName, resource.logicalId),
    definition: {
      AttributeDefinitions: read.list('AttributeDefinitions'),
      KeySchema: read.list('KeySchema'),
      BillingMode: 'PAY_PER_REQUEST',
      ...Object.fromEntries(indexes.map((name) => [name, read.list(name)])),
    },
    ...(ttl['Enabled'] === true && typeof ttl['AttributeName'] === 'string'
      ? { ttlAttribute: ttl['AttributeName'] }
      : {}),
  };
}

/** Properties with the same name as a `CreateQueue` attribute. */
const QUEUE_ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'FifoQueue',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'VisibilityTimeout',
];

export function queueModel(resource: Resource, stackName: string): QueueModel {
  const attributes = QUEUE_ATTRIBUTES.flatMap((name) => {
    const value = resource.properties[name];
    if (value === undefined) return [];
    return [[name, isRecord(value) ? JSON.stringify(value) : String(value)] as const];
  });
  return {
    logicalId: resource.logicalId,
    queueName: reader(resource).optionalText('QueueName') ?? physicalName(stackName, resource.logicalId),
    attributes: Object.fromEntries(attributes),
  };
}

/**
 * Lambda's maximum of concurrent batches if the mapping sets none. It starts with five and adds 300 a minute, which no
 * machine holds.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const DEFAULT_MAXIMUM_CONCURRENCY = 1_000;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
const DEFAULT_VISIBILITY_SECONDS = 30;

/**
 * An SQS event source mapping.
 * @throws {TemplateError} if its source is not a queue of the stack or its function is unknown
 */
export function eventSourceModel(
  resource: Resource,
  queues: readonly QueueModel[],
  functionIds: ReadonlyMap<string, string>,
): EventSourceModel {
  const read = reader(resource);
  const source = read.text('EventSourceArn');
  const queue = queues.find((each) => queueArn(each.queueName) === source);
  if (!queue) throw new TemplateError(`${resource.logicalId}: ${source} isn't a queue of this stack.`);
  const target = read.text('FunctionName');
  const entry = [...functionIds].find(([name]) => name === target || functionArn(name) === target);
  if (!entry) throw new TemplateError(`${resource.logicalId}: ${target} isn't a function of this stack.`);
  if (read.optionalNumber('MaximumBatchingWindowInSeconds')) {
    throw new TemplateError(`${resource.logicalId}: the local runtime does not support a batching window.`);
  }
  const concurrency = read.record('ScalingConfig')['MaximumConcurrency'];
  return {
    logicalId: resource.logicalId,
    functionId: entry[1],
    queueName: queue.queueName,
    batchSize: read.optionalNumber('BatchSize') ?? 10,
    maximumConcurrency: concurrency === undefined ? DEFAULT_MAXIMUM_CONCURRENCY : Number(concurrency),
    visibilitySeconds: Number(queue.attributes['VisibilityTimeout'] ?? DEFAULT_VISIBILITY_SECONDS),
    reportBatchItemFailures: read.texts('FunctionResponseTypes').includes('ReportBatchItemFailures'),
  };
}
