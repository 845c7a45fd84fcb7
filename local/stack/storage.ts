import { isRecord, recordOf } from '../json.ts';
import type { BucketModel, CorsRule, ExpiryRule, QueueModel, StreamViewType, TableModel } from '../model.ts';
import { type Resource, reader } from './template.ts';

/** A table of the template as `CreateTable` input, without properties that the emulator does not need. */
export function tableModel(resource: Resource): TableModel {
  const read = reader(resource);
  const ttl = read.record('TimeToLiveSpecification');
  const { StreamViewType: viewType } = read.record('StreamSpecification');
  const indexes = ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes'].filter(
    (name) => resource.properties[name] !== undefined,
  );
  return {
    logicalId: resource.logicalId,
    tableName: resource.identity.ref,
    definition: {
      AttributeDefinitions: read.list('AttributeDefinitions'),
      KeySchema: read.list('KeySchema'),
      BillingMode: 'PAY_PER_REQUEST',
      ...Object.fromEntries(indexes.map((name) => [name, read.list(name).map(indexOf)])),
    },
    ...(ttl['Enabled'] === true && typeof ttl['AttributeName'] === 'string'
      ? { ttlAttribute: ttl['AttributeName'] }
      : {}),
    ...(viewType !== undefined && { streamViewType: viewType as StreamViewType }),
  };
}

/** Without throughput, which an emulator does not limit. */
function indexOf(index: unknown): object {
  const { IndexName, KeySchema, Projection } = recordOf(index);
  return { IndexName, KeySchema, Projection };
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

export function queueModel(resource: Resource): QueueModel {
  const attributes = QUEUE_ATTRIBUTES.flatMap((name) => {
    const value = resource.properties[name];
    if (value === undefined) return [];
    return [[name, isRecord(value) ? JSON.stringify(value) : String(value)] as const];
  });
  return {
    logicalId: resource.logicalId,
    queueName: resource.identity.attributes['QueueName'] ?? '',
    attributes: Object.fromEntries(attributes),
  };
}

export function bucketModel(resource: Resource): BucketModel {
  const read = reader(resource);
  return {
    logicalId: resource.logicalId,
    bucketName: resource.identity.ref,
    cors: listIn(read.record('CorsConfiguration'), 'CorsRules').map(corsRule),
    expiry: listIn(read.record('LifecycleConfiguration'), 'Rules').flatMap(expiryRule),
  };
}

function corsRule(rule: Readonly<Record<string, unknown>>): CorsRule {
  const texts = (name: string) => (Array.isArray(rule[name]) ? rule[name].map(String) : []);
  return {
    allowedOrigins: texts('AllowedOrigins'),
    allowedMethods: texts('AllowedMethods'),
    allowedHeaders: texts('AllowedHeaders'),
    exposedHeaders: texts('ExposedHeaders'),
    ...(rule['MaxAge'] !== undefined && { maxAgeSeconds: Number(rule['MaxAge']) }),
  };
}

/** Only days and prefixes are understood: rules with tags, sizes, and other storage classes are left out. */
function expiryRule(rule: Readonly<Record<string, unknown>>): readonly ExpiryRule[] {
  const { Status: status, Prefix: prefix = '', ExpirationInDays: days, TagFilters: tags } = rule;
  if (status !== 'Enabled' || days === undefined || tags !== undefined) return [];
  return [{ prefix: String(prefix), days: Number(days) }];
}

function listIn(record: Readonly<Record<string, unknown>>, name: string) {
  const list = record[name];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
