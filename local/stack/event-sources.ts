import type { EventSourceModel, QueueModel, StreamSourceModel, TableModel } from '../model.ts';
import { functionArn, queueArn, streamArn } from './identifiers.ts';
import { type Resource, reader, TemplateError } from './template.ts';

/** What a mapping may refer to. */
export interface EventSourceParts {
  readonly queues: readonly QueueModel[];
  readonly tables: readonly TableModel[];
  /** Logical ids by function name. */
  readonly functionIds: ReadonlyMap<string, string>;
}

/**
 * An event source mapping of a queue or of a table's stream.
 * @throws {TemplateError} if its source or its function isn't one of the stack, or it has an option that is not supported
 */
export function eventSourceModel(
  resource: Resource,
  parts: EventSourceParts,
): EventSourceModel | StreamSourceModel {
  const source = reader(resource).text('EventSourceArn');
  const [functionName, functionId] = functionIn(resource, parts);
  const common = {
    logicalId: resource.logicalId,
    functionId,
    reportBatchItemFailures: reader(resource)
      .texts('FunctionResponseTypes')
      .includes('ReportBatchItemFailures'),
  };
  const queue = parts.queues.find((each) => queueArn(each.queueName) === source);
  if (queue !== undefined) return { ...common, ...queueSource(resource, queue) };
  const table = parts.tables.find((each) => streamArn(each.tableName) === source);
  if (table?.streamViewType !== undefined)
    return { ...common, functionName, ...streamSource(resource, table, parts) };
  throw new TemplateError(
    `${resource.logicalId}: ${source} isn't a queue, or the stream of a table, of this stack.`,
  );
}

function functionIn(
  resource: Resource,
  { functionIds }: EventSourceParts,
): readonly [name: string, logicalId: string] {
  const target = reader(resource).text('FunctionName');
  const entry = [...functionIds].find(([name]) => name === target || functionArn(name) === target);
  if (!entry) throw new TemplateError(`${resource.logicalId}: ${target} isn't a function of this stack.`);
  return entry;
}

/**
 * Lambda's maximum of concurrent batches if the mapping sets none. It starts with five and adds 300 a minute, which no
 * machine holds.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const DEFAULT_MAXIMUM_CONCURRENCY = 1_000;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
const DEFAULT_VISIBILITY_SECONDS = 30;

function queueSource(resource: Resource, queue: QueueModel) {
  const read = reader(resource);
  if (read.record('FilterCriteria')['Filters'] !== undefined)
    throw new TemplateError(`${resource.logicalId}: the local runtime does not filter what a queue has.`);
  const concurrency = read.record('ScalingConfig')['MaximumConcurrency'];
  return {
    queueName: queue.queueName,
    batchSize: read.optionalNumber('BatchSize') ?? 10,
    maximumConcurrency: concurrency === undefined ? DEFAULT_MAXIMUM_CONCURRENCY : Number(concurrency),
    visibilitySeconds: Number(queue.attributes['VisibilityTimeout'] ?? DEFAULT_VISIBILITY_SECONDS),
  };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html */
const STREAM_RETENTION_SECONDS = 24 * 3600;

/** Defaults: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
function streamSource(resource: Resource, table: TableModel, { queues }: EventSourceParts) {
  const read = reader(resource);
  if (read.optionalNumber('TumblingWindowInSeconds')) {
    throw new TemplateError(`${resource.logicalId}: the local runtime does not support tumbling windows.`);
  }
  const startingPosition = read.text('StartingPosition');
  if (startingPosition !== 'TRIM_HORIZON' && startingPosition !== 'LATEST') {
    throw new TemplateError(`${resource.logicalId}: a table's stream has no position ${startingPosition}.`);
  }
  const { OnFailure: onFailure } = read.record('DestinationConfig') as {
    OnFailure?: { Destination?: unknown };
  };
  const failureQueue = queues.find(({ queueName }) => queueArn(queueName) === onFailure?.Destination);
  if (onFailure !== undefined && failureQueue === undefined) {
    throw new TemplateError(`${resource.logicalId}: its failure destination isn't a queue of this stack.`);
  }
  const filters = (read.record('FilterCriteria')['Filters'] ?? []) as readonly { readonly Pattern: string }[];
  return {
    table,
    batchSize: read.optionalNumber('BatchSize') ?? 100,
    windowSeconds: read.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0,
    startingPosition,
    parallelizationFactor: read.optionalNumber('ParallelizationFactor') ?? 1,
    filters: filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown),
    bisects: resource.properties['BisectBatchOnFunctionError'] === true,
    maximumRetryAttempts: limit(read.optionalNumber('MaximumRetryAttempts'), Number.POSITIVE_INFINITY),
    maximumRecordAgeSeconds: limit(
      read.optionalNumber('MaximumRecordAgeInSeconds'),
      STREAM_RETENTION_SECONDS,
    ),
    ...(failureQueue && { failureQueueName: failureQueue.queueName }),
  } as const;
}

/** -1 is Lambda's word for "no limit". */
function limit(value: number | undefined, most: number): number {
  return value === undefined || value === -1 ? most : Math.min(value, most);
}
