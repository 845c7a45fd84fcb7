import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import { ServerlessIm, type ServerlessImProps } from '../../lib/index.ts';
import { functionNameOf, type Resource, resource, resources } from './synth.ts';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const everyPart: ServerlessImProps = {
  webPage: true,
  events: true,
  archive: true,
  historyRetention: Duration.days(30),
  attachmentScan: true,
  notifications: { webPush: { subject: 'mailto:ops@example.com' } },
};

function templateWith(keyIn: (stack: Stack) => ServerlessImProps): Template {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Own');
  new ServerlessIm(stack, 'Chat', { ...everyPart, ...keyIn(stack) });
  return Template.fromStack(stack);
}

const template = templateWith((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', KEY) }));

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const asList = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const roleOf = (fn: Resource) =>
  (fn.Properties['Role'] as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];

function statementsOf(roleId: string): readonly Statement[] {
  return resources(template, 'AWS::IAM::Policy')
    .filter(({ Properties }) => (Properties['Roles'] as { Ref: string }[]).some(({ Ref }) => Ref === roleId))
    .flatMap(({ Properties }) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement);
}

const actionsOf = (roleId: string, service: string) => {
  const actions = statementsOf(roleId).flatMap(({ Action }) => asList(Action));
  return new Set(actions.filter((action) => action.startsWith(`${service}:`)));
};

const WRITES = /Put|Update|Delete|BatchWrite/;

/** What a function needs of the key, by what else it may do. */
function keyActionsFor(roleId: string): string[] {
  const may = (service: string, pattern: RegExp) =>
    [...actionsOf(roleId, service)].some((action) => pattern.test(action));
  return [
    // Of its own variables.
    'kms:Decrypt',
    ...(may('dynamodb', /./) ? ['kms:DescribeKey'] : []),
    ...(may('dynamodb', WRITES)
      ? [
          'kms:Encrypt',
          'kms:GenerateDataKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ]
      : []),
    ...(may('sqs', /SendMessage/) || may('s3', /PutObject/) || may('sns', /Publish/)
      ? ['kms:GenerateDataKey']
      : []),
  ];
}

describe('a key of the operator’s', () => {
  const all = (type: string) =>
    resources(template, type).map(({ logicalId, Properties }) => [logicalId, Properties] as const);

  it('encrypts every table, with its indexes, its stream, and its backups', () => {
    for (const [, Properties] of all('AWS::DynamoDB::Table'))
      expect(Properties['SSESpecification']).toEqual({
        SSEEnabled: true,
        KMSMasterKeyId: KEY,
        SSEType: 'KMS',
      });
  });

  it('encrypts every queue, those of dead letters and of streams, too, and is asked once an hour by each caller', () => {
    const queues = all('AWS::SQS::Queue');
    expect(queues.length).toBeGreaterThan(13);
    for (const [, Properties] of queues) {
      expect(Properties).toMatchObject({ KmsMasterKeyId: KEY, KmsDataKeyReusePeriodSeconds: 3_600 });
      expect(Properties).not.toHaveProperty('SqsManagedSseEnabled');
    }
  });

  it('encrypts every bucket with data of users by a data key of the bucket; the page’s files are public', () => {
    const encryptions = all('AWS::S3::Bucket').map(([id, { BucketEncryption: encryption }]) => [
      id.replace(/^Chat|[0-9A-F]{8}$/g, ''),
      encryption,
    ]);
    const byKey = {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
        },
      ],
    };
    expect(Object.fromEntries(encryptions)).toEqual({
      AttachmentsBucket: byKey,
      ExportsBucket: byKey,
      ArchiveMessages: byKey,
      WebPageFiles: undefined,
    });
  });

  it('encrypts the topic of events, all logs, and the variables of all functions', () => {
    for (const [, Properties] of all('AWS::SNS::Topic')) expect(Properties['KmsMasterKeyId']).toBe(KEY);
    const logs = all('AWS::Logs::LogGroup');
    expect(logs.length).toBeGreaterThan(15);
    for (const [, Properties] of logs) expect(Properties['KmsKeyId']).toBe(KEY);
    const own = all('AWS::Lambda::Function').filter(([id]) => id.startsWith('Chat'));
    for (const [, Properties] of own) expect(Properties['KmsKeyArn']).toBe(KEY);
  });

  const functions = resources(template, 'AWS::Lambda::Function').filter(({ logicalId }) =>
    logicalId.startsWith('Chat'),
  );

  it.each(functions.map((fn) => [functionNameOf(fn.logicalId), fn] as const))(
    'lets %s do what its tables, queues, buckets, and topic take, and nothing more (IM-REFUSE-12)',
    (_, fn) => {
      const role = roleOf(fn);
      expect([...actionsOf(role, 'kms')].sort()).toEqual([...new Set(keyActionsFor(role))].sort());
      const used = statementsOf(role).filter(({ Action }) => asList(Action).some((one) => /^kms:/.test(one)));
      expect(used.flatMap(({ Resource }) => asList(Resource))).toEqual(used.map(() => KEY));
    },
  );

  it('lets GuardDuty read what was uploaded, and write the object by which it proves its plan', () => {
    const role = resource(template, 'AWS::IAM::Role', 'AttachmentScan').logicalId;
    expect(actionsOf(role, 'kms')).toEqual(new Set(['kms:Decrypt', 'kms:GenerateDataKey']));
  });

  it('is of no other role', () => {
    const others = resources(template, 'AWS::IAM::Role').filter(
      ({ logicalId }) =>
        !functions.some((fn) => roleOf(fn) === logicalId) && !/AttachmentScan/.test(logicalId),
    );
    expect(others.map(({ logicalId }) => [...actionsOf(logicalId, 'kms')])).toEqual(others.map(() => []));
  });
});

describe('a key of the same app', () => {
  const made = templateWith((stack) => ({ encryptionKey: new Key(stack, 'Key') }));

  it('lets CloudWatch Logs use it for the log groups of this stack, and for no others', () => {
    const { Properties } = resource(made, 'AWS::KMS::Key', 'Key');
    const { Statement: statements } = Properties['KeyPolicy'] as { Statement: readonly object[] };
    expect(statements[1]).toEqual({
      Effect: 'Allow',
      Principal: {
        Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] },
      },
      Action: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      Resource: '*',
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': {
            'Fn::Join': [
              '',
              [
                'arn:',
                { Ref: 'AWS::Partition' },
                ':logs:',
                { Ref: 'AWS::Region' },
                ':',
                { Ref: 'AWS::AccountId' },
                ':log-group:Own-*',
              ],
            ],
          },
        },
      },
    });
    expect(statements).toHaveLength(2);
  });
});
