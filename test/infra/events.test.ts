import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import { ServerlessIm } from '../../lib/index.ts';
import { alarmNamed, alarmsIn, resourceOf } from './alarms.ts';
import { functionNameOf, resource, resources, synthesize } from './synth.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const { template } = synthesize({ events: true });
const { template: without, chat: chatWithout } = synthesize();

const tableOf = (from: Template, name: string) =>
  resource(from, 'AWS::DynamoDB::Table', `Storage${name}`).Properties;
const mappings = resources(template, 'AWS::Lambda::EventSourceMapping').filter(({ logicalId }) =>
  logicalId.includes('PublishEvents'),
);

describe('events (IM-EVENT)', () => {
  it('are off by default: no stream, topic, key, worker, permission, or variable (IM-EVENT-1)', () => {
    expect(chatWithout.events).toBeUndefined();
    expect(chatWithout.eventsTopic).toBeUndefined();
    expect(JSON.stringify(without.toJSON())).not.toMatch(
      /StreamSpecification|AWS::SNS|sns:|dynamodb:(ListStreams|GetRecords)|EVENT_ROWS|KEEP_CHANGES|EVENTS_TOPIC|PublishEvents|ReplayEvents|IteratorAge/,
    );
  });

  it('come from the streams of the messages and of the conversations, and of no other table (IM-EVENT-1)', () => {
    const views = Object.fromEntries(
      resources(template, 'AWS::DynamoDB::Table').flatMap(({ logicalId, Properties }) => {
        const { StreamViewType } = (Properties['StreamSpecification'] ?? {}) as { StreamViewType?: string };
        return StreamViewType === undefined
          ? []
          : [[logicalId.replace(/\w*Storage|\w{8}$/g, ''), StreamViewType]];
      }),
    );
    expect(views).toEqual({ Messages: 'NEW_AND_OLD_IMAGES', Conversations: 'NEW_IMAGE' });
  });

  it('have one view of the messages in common with the archive, so that each can be added to the other', () => {
    const archive = synthesize({ archive: true, historyRetention: Duration.days(30) }).template;
    expect(tableOf(archive, 'Messages')['StreamSpecification']).toEqual({
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    });
    expect(tableOf(archive, 'Conversations')).not.toHaveProperty('StreamSpecification');
  });

  it('are read from the oldest record, and a record that fails leaves the way within half an hour (IM-EVENT-5)', () => {
    const failures = resource(template, 'AWS::SQS::Queue', 'PublishEventsStreamFailures');
    expect(mappings).toHaveLength(2);
    for (const { Properties } of mappings) {
      expect(Properties).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 100,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 40,
        MaximumRecordAgeInSeconds: 43_200,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [failures.logicalId, 'Arn'] } } },
      });
    }
    expect(failures.Properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
    });
  });

  it('leave out what is no event before it costs an invocation (IM-EVENT-3)', () => {
    const filters = mappings.map(({ Properties }) => {
      const { Filters } = Properties['FilterCriteria'] as { Filters: { Pattern: string }[] };
      return Filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown);
    });
    const ofRow = (prefix: string) => ({
      eventName: ['INSERT'],
      dynamodb: { Keys: { pk: { S: [{ prefix }] } } },
    });
    expect(filters).toEqual(
      expect.arrayContaining([
        [
          {
            eventName: ['INSERT'],
            dynamodb: {
              NewImage: { seq: { N: [{ exists: true }] }, imported: { BOOL: [{ exists: false }] } },
            },
          },
          { eventName: ['MODIFY'], dynamodb: { NewImage: { seq: { N: [{ exists: true }] } } } },
        ],
        [ofRow('report#'), ofRow('event#')],
      ]),
    );
  });

  it('go to a topic that takes them by TLS alone, encrypted with the key of AWS that costs nothing (IM-EVENT-1)', () => {
    const topic = resource(template, 'AWS::SNS::Topic', 'Events');
    expect(JSON.stringify(topic.Properties['KmsMasterKeyId'])).toContain(':alias/aws/sns');
    const policy = resource(template, 'AWS::SNS::TopicPolicy', 'Events').Properties['PolicyDocument'];
    expect(policy).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
    expect(resources(template, 'AWS::KMS::Key')).toEqual([]);
  });

  it('add a variable to the functions that change messages, and to those that ban users (IM-EVENT-1)', () => {
    const variables = resources(template, 'AWS::Lambda::Function').flatMap(({ logicalId, Properties }) => {
      const { Variables } = Properties['Environment'] as { Variables: object };
      return Object.keys(Variables)
        .filter((name) => /^EVENT|KEEP_CHANGES/.test(name))
        .map((name) => `${functionNameOf(logicalId)}: ${name}`);
    });
    expect(variables.sort()).toEqual([
      'Admin: EVENT_ROWS',
      'Admin: KEEP_CHANGES',
      'Http: KEEP_CHANGES',
      'PublishEvents: EVENTS_TOPIC_ARN',
      'ReplayEvents: EVENTS_TOPIC_ARN',
      'RunTasks: EVENT_ROWS',
      'RunTasks: KEEP_CHANGES',
      'ServeEvents: EVENT_ROWS',
      'ServeEvents: KEEP_CHANGES',
      'Socket: KEEP_CHANGES',
    ]);
  });

  it('are published by a function that may publish, read the two streams, and report a failure, and nothing else (IM-REFUSE-12)', () => {
    const actionsOf = (name: string) =>
      resources(template, 'AWS::IAM::Policy')
        .filter(({ logicalId }) => logicalId.includes(`Functions${name}Role`))
        .flatMap(({ Properties }) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement)
        .filter(({ Action }) => !JSON.stringify(Action).includes('logs:'))
        .map(({ Action, Resource }) => [[Action].flat().join(' '), JSON.stringify(Resource)] as const);
    expect(actionsOf('PublishEvents')).toEqual([
      ['sns:Publish', expect.stringContaining('EventsTopic')],
      [
        'sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage',
        expect.stringContaining('PublishEventsStreamFailures'),
      ],
      ['dynamodb:ListStreams', '"*"'],
      [
        'dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator',
        expect.stringMatching(/^\[.*Conversations.*StreamArn.*Messages.*StreamArn.*\]$/),
      ],
    ]);
    expect(actionsOf('ReplayEvents').map(([actions]) => actions)).toEqual([
      'dynamodb:GetItem',
      'dynamodb:Query',
      'sns:Publish',
    ]);
  });

  it('raise an alarm when they are late, and one when records failed; both cost $0.20 a month (IM-EVENT-5)', () => {
    const known = alarmsIn(without).map(({ name }) => name);
    const added = alarmsIn(template).filter(({ name }) => !known.includes(name));
    expect(added.map(({ name, metrics }) => [name, metrics.map(({ MetricName }) => MetricName)])).toEqual([
      ['EventsAge', ['IteratorAge']],
      ['EventsFailures', ['ApproximateNumberOfMessagesVisible']],
    ]);
    expect(alarmNamed('EventsAge', added).properties).toMatchObject({
      Threshold: 300_000,
      Statistic: 'Maximum',
      Period: 60,
      DatapointsToAlarm: 5,
    });
    const [failures] = alarmNamed('EventsFailures', added).metrics;
    expect(failures && resourceOf(failures)).toContain('PublishEventsStreamFailures');
  });

  it('can be published again by an operator who was granted it (IM-EVENT-6)', () => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
    const chat = new ServerlessIm(stack, 'Chat', { events: true });
    const operator = new Role(stack, 'Operator', { assumedBy: new AccountRootPrincipal() });
    chat.grantReplayEvents(operator);
    const policy = resource(Template.fromStack(stack), 'AWS::IAM::Policy', 'Operator');
    const { Statement } = policy.Properties['PolicyDocument'] as { Statement: { Action: string }[] };
    expect(new Set(Statement.map(({ Action }) => Action))).toEqual(new Set(['lambda:InvokeFunction']));
    expect(JSON.stringify(Statement)).toMatch(/PublishEvents.*ReplayEvents|ReplayEvents.*PublishEvents/);
    expect(() => chatWithout.grantReplayEvents(operator)).toThrow('needs events: true');
  });
});

describe('an archive', () => {
  it('needs a retention, since nothing expires without one', () => {
    expect(() => synthesize({ archive: true })).toThrow('archive needs historyRetention');
  });
});
