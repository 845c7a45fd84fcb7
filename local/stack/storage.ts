import { isRecord } from '../json.ts';
import type { EventSourceModel, QueueModel, TableModel } from '../model.ts';
import { functionArn, physicalName, queueArn } from './identifiers.ts';
import { type Resource, reader, TemplateError } from './template.ts';

/** A table of the template in the shape of `CreateTable`; what an emulator has no use for is left out. */
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

/** Properties that are `CreateQueue` attributes under the same name. */
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

/** Lambda polls a queue with up to this many batches at once if the mapping doesn't say. */
const DEFAULT_MAXIMUM_CONCURRENCY = 5;

/**
 * An SQS event source mapping.
 * @throws {TemplateError} if its source isn't a queue of the stack or its function isn't known.
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
    throw new TemplateError(`${resource.logicalId}: the local runtime knows no batching window.`);
  }
  const concurrency = read.record('ScalingConfig')['MaximumConcurrency'];
  return {
    logicalId: resource.logicalId,
    functionId: entry[1],
    queueName: queue.queueName,
    batchSize: read.optionalNumber('BatchSize') ?? 10,
    maximumConcurrency: concurrency === undefined ? DEFAULT_MAXIMUM_CONCURRENCY : Number(concurrency),
    reportBatchItemFailures: read.texts('FunctionResponseTypes').includes('ReportBatchItemFailures'),
  };
}
