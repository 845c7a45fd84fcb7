import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FAN_OUT_WORKERS, WORKER_RATE } from '../../lambdas/shared/fan-out-rate.ts';
import { TASK_UNITS_PER_SECOND, TASK_WORKERS } from '../../lambdas/shared/task-rate.ts';
import type { ServerlessImProps } from '../../lib/index.ts';
import { functionNameOf, resource, resources, synthesize } from './synth.ts';

const { template } = synthesize();
const table = (part: string) => resource(template, 'AWS::DynamoDB::Table', `Storage${part}`).Properties;

describe('the tables', () => {
  it('have the keys that the adapters use', () => {
    const keys = ['Routes', 'Conversations', 'Messages', 'Inbox'].map((name) => [
      name,
      table(name)['KeySchema'],
    ]);
    expect(Object.fromEntries(keys)).toEqual({
      Routes: [{ AttributeName: 'userId', KeyType: 'HASH' }],
      Conversations: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Messages: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Inbox: [
        { AttributeName: 'userId', KeyType: 'HASH' },
        { AttributeName: 'messageId', KeyType: 'RANGE' },
      ],
    });
  });

  it('find messages by seq, and by last change, in local indexes, which can be read strongly (IM-SEND-3, IM-CHANGE-2)', () => {
    expect(table('Messages')).toMatchObject({
      AttributeDefinitions: expect.arrayContaining([{ AttributeName: 'seq', AttributeType: 'N' }]),
      LocalSecondaryIndexes: [
        {
          IndexName: 'bySeq',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'seq', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
        {
          IndexName: 'byChange',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'changedAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
  });

  it('have point-in-time recovery where they hold the only copy', () => {
    const restorable = resources(template, 'AWS::DynamoDB::Table')
      .filter(({ Properties }) => Properties['PointInTimeRecoverySpecification'] !== undefined)
      .map(({ Properties }) => Properties['PointInTimeRecoverySpecification']);
    expect(table('Conversations')).toHaveProperty('PointInTimeRecoverySpecification');
    expect(table('Messages')).toHaveProperty('PointInTimeRecoverySpecification');
    expect(resource(template, 'AWS::DynamoDB::Table', 'StorageDesk').Properties).toHaveProperty(
      'PointInTimeRecoverySpecification',
    );
    expect(restorable).toEqual(Array(3).fill({ PointInTimeRecoveryEnabled: true }));
  });

  it('expire messages, inbox entries, and departures by TTL, and nothing else (IM-PUSH-2)', () => {
    const ttl = { AttributeName: 'ttl', Enabled: true };
    expect(table('Messages')['TimeToLiveSpecification']).toEqual(ttl);
    expect(table('Inbox')['TimeToLiveSpecification']).toEqual(ttl);
    expect(table('Routes')).not.toHaveProperty('TimeToLiveSpecification');
    expect(table('Conversations')['TimeToLiveSpecification']).toEqual(ttl);
  });

  it('are billed by request, encrypted with AWS-owned keys, and have generated names', () => {
    for (const { Properties } of resources(template, 'AWS::DynamoDB::Table')) {
      expect(Properties['BillingMode']).toBe('PAY_PER_REQUEST');
      expect(Properties).not.toHaveProperty('SSESpecification');
      expect(Properties).not.toHaveProperty('TableName');
    }
  });

  it.each([
    [{}, 'RetainExceptOnCreate', 'Retain'],
    [{ retain: true }, 'RetainExceptOnCreate', 'Retain'],
    [{ retain: false }, 'Delete', 'Delete'],
  ])(
    'are retained when the stack is deleted unless the option is set, but not after a failed first deployment: %j',
    (props, DeletionPolicy, UpdateReplacePolicy) => {
      const { template: variant } = synthesize(props);
      for (const type of ['AWS::DynamoDB::Table', 'AWS::Cognito::UserPool']) {
        variant.allResources(type, { DeletionPolicy, UpdateReplacePolicy });
      }
    },
  );

  const withProperty = (name: string, props: ServerlessImProps) =>
    resources(synthesize(props).template, 'AWS::DynamoDB::Table').flatMap(({ logicalId, Properties }) => {
      const [, table = logicalId] = /^ChatStorage(\w+)[0-9A-F]{8}$/.exec(logicalId) ?? [];
      return name in Properties ? [[table, Properties[name]]] : [];
    });

  it('are of the standard class, except the history if the option is set', () => {
    expect(withProperty('TableClass', {})).toEqual([]);
    expect(withProperty('TableClass', { messageTableClass: 'infrequent-access' })).toEqual([
      ['Messages', 'STANDARD_INFREQUENT_ACCESS'],
    ]);
  });

  it('serve no more than the option says, all five', () => {
    expect(withProperty('OnDemandThroughput', {})).toEqual([]);
    const maxThroughput = { readUnitsPerSecond: 40_000, writeUnitsPerSecond: 9_000 };
    const limited = withProperty('OnDemandThroughput', { maxThroughput });
    expect(limited).toHaveLength(5);
    for (const [, limit] of limited)
      expect(limit).toEqual({ MaxReadRequestUnits: 40_000, MaxWriteRequestUnits: 9_000 });
  });

  it("that messages pass through are warm if the option is set, and the desk's is not", () => {
    expect(withProperty('WarmThroughput', {})).toEqual([]);
    const warmThroughput = { readUnitsPerSecond: 24_000, writeUnitsPerSecond: 8_000 };
    const units = { ReadUnitsPerSecond: 24_000, WriteUnitsPerSecond: 8_000 };
    expect(Object.fromEntries(withProperty('WarmThroughput', { warmThroughput }))).toEqual({
      Routes: units,
      Conversations: units,
      Messages: units,
      Inbox: units,
    });
  });
});

describe.each([
  ['Offline', 'StoreOffline'],
  ['Service', 'ServeEvents'],
  ['FanOut', 'FanOut'],
  ['Tasks', 'RunTasks'],
  ['DeskEvents', 'MatchDesk'],
] as const)('the %s queue', (name, consumerName) => {
  it('moves what failed for half an hour to the dead-letter queue, which keeps it for 14 days (IM-FAULT-5)', () => {
    const deadLetters = resource(template, 'AWS::SQS::Queue', `${name}DeadLetters`);
    expect(deadLetters.Properties['MessageRetentionPeriod']).toBe(14 * 86_400);
    expect(resource(template, 'AWS::SQS::Queue', `${name}Queue`).Properties['RedrivePolicy']).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters.logicalId, 'Arn'] },
      maxReceiveCount: 20,
    });
  });

  it('keeps a job through half an hour in which its function dies each time (IM-PUSH-2)', () => {
    const { VisibilityTimeout, RedrivePolicy } = resource(template, 'AWS::SQS::Queue', `${name}Queue`)
      .Properties as { VisibilityTimeout: number; RedrivePolicy: { maxReceiveCount: number } };
    expect((RedrivePolicy.maxReceiveCount - 1) * VisibilityTimeout).toBeGreaterThanOrEqual(30 * 60);
    expect(RedrivePolicy.maxReceiveCount * VisibilityTimeout).toBeLessThanOrEqual(2 * 3600);
  });

  it("hides a batch for six times its consumer's time-out at least", () => {
    const consumer = resource(template, 'AWS::Lambda::Function', consumerName).Properties;
    const { VisibilityTimeout } = resource(template, 'AWS::SQS::Queue', `${name}Queue`).Properties;
    expect(VisibilityTimeout).toBe(Math.max(120, 6 * Number(consumer['Timeout'])));
  });

  it('is encrypted like its dead-letter queue, and neither works without TLS', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    template.resourceCountIs('AWS::SQS::Queue', 10);
    template.resourceCountIs('AWS::SQS::QueuePolicy', 10);
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: 'sqs:*',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      },
    });
  });

  it('is consumed without a window, record by record', () => {
    const mapping = resource(template, 'AWS::Lambda::EventSourceMapping', consumerName);
    expect(mapping.Properties).toMatchObject({
      BatchSize: name === 'FanOut' || name === 'Tasks' ? 1 : 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(mapping.Properties).not.toHaveProperty('MaximumBatchingWindowInSeconds');
  });
});

describe('a maximum concurrency, which keeps the pollers of an idle queue up', () => {
  const limits = (props: Parameters<typeof synthesize>[0]) =>
    Object.fromEntries(
      resources(synthesize(props).template, 'AWS::Lambda::EventSourceMapping').flatMap(({ Properties }) => {
        const { ScalingConfig: scaling, FunctionName: name } = Properties as {
          ScalingConfig?: { MaximumConcurrency: number };
          FunctionName: { Ref: string };
        };
        return scaling === undefined ? [] : [[functionNameOf(name.Ref), scaling.MaximumConcurrency]];
      }),
    );

  it('bounds the fan-outs, which share the posts of the account, the tasks, which share a rate, and nothing else', () => {
    expect(limits({})).toEqual({ FanOut: 10, RunTasks: 2 });
  });

  it('bounds the offline queue by option', () => {
    expect(limits({ offlineConcurrency: 7 })).toEqual({ FanOut: 10, RunTasks: 2, StoreOffline: 7 });
  });

  it('lets all fan-outs together take half of what the account’s APIs share', () => {
    expect(FAN_OUT_WORKERS * WORKER_RATE.perSecond).toBe(10_000 / 2);
  });

  it('leaves a conversation three quarters of its partition when all tasks are at it (IM-ERASE-2)', () => {
    expect(TASK_WORKERS * TASK_UNITS_PER_SECOND).toBe(1_000 / 4);
  });
});
