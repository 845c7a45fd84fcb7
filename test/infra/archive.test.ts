import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../local/event-source/stream-filter.ts';
import { resource, resources, synthesize } from './synth.ts';

const PROPS = { archive: true, historyRetention: Duration.days(30) };
const { template } = synthesize(PROPS);
const { template: without, chat: chatWithout } = synthesize({ historyRetention: Duration.days(30) });

const bucket = resource(template, 'AWS::S3::Bucket', 'Archive');
const mapping = resource(template, 'AWS::Lambda::EventSourceMapping', 'ArchiveMessages').Properties;

describe('the archive (IM-ARCHIVE)', () => {
  it('is off by default: no bucket, stream, worker, permission, variable, or alarm (IM-ARCHIVE-4)', () => {
    expect(chatWithout.archive).toBeUndefined();
    // Exports and attachments have a bucket in every deployment.
    const buckets = resources(without, 'AWS::S3::Bucket').map(({ logicalId }) => logicalId);
    expect(buckets.toSorted()).toEqual([
      expect.stringContaining('Attachments'),
      expect.stringContaining('Exports'),
    ]);
    expect(JSON.stringify(without.toJSON())).not.toMatch(
      /StreamSpecification|dynamodb:GetRecords|ARCHIVE_BUCKET|Archive|IteratorAge/,
    );
  });

  it('archives nothing without a retention, as no message expires then (IM-ARCHIVE-4)', () => {
    expect(() => synthesize({ archive: true })).toThrow('archive needs historyRetention');
    const socket = resource(synthesize().template, 'AWS::Lambda::Function', 'FunctionsSocket').Properties;
    expect(socket['Environment']).toMatchObject({ Variables: { HISTORY_TTL_SECONDS: '0' } });
  });

  it('is a private bucket that takes TLS alone, encrypted, and kept as the tables are (IM-ARCHIVE-5)', () => {
    expect(bucket.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      VersioningConfiguration: { Status: 'Enabled' },
    });
    const policy = resource(template, 'AWS::S3::BucketPolicy', 'Archive').Properties['PolicyDocument'];
    expect(policy).toMatchObject({
      Statement: [
        { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ],
    });
    const table = (from: typeof template) => resource(from, 'AWS::DynamoDB::Table', 'StorageMessages');
    expect(bucket.DeletionPolicy).toBe(table(template).DeletionPolicy);
    const { template: temporary } = synthesize({ ...PROPS, retain: false });
    expect(resource(temporary, 'AWS::S3::Bucket', 'Archive').DeletionPolicy).toBe(
      table(temporary).DeletionPolicy,
    );
  });

  it('moves to infrequent access after a month, and forgets overwritten versions then (IM-ARCHIVE-5)', () => {
    expect(bucket.Properties['LifecycleConfiguration']).toEqual({
      Rules: [
        {
          Status: 'Enabled',
          Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }],
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    });
  });

  it('gathers large batches, and retries them for as long as the stream keeps them (IM-ARCHIVE-1)', () => {
    const failures = resource(template, 'AWS::SQS::Queue', 'ArchiveMessagesStreamFailures');
    expect(mapping).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 300,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [failures.logicalId, 'Arn'] } } },
    });
    expect(mapping).not.toHaveProperty('MaximumRetryAttempts');
    expect(mapping).not.toHaveProperty('MaximumRecordAgeInSeconds');
  });

  it('lets its worker put objects, and neither read nor delete one (IM-ARCHIVE-5)', () => {
    const policy = resource(template, 'AWS::IAM::Policy', 'ArchiveMessagesRole').Properties['PolicyDocument'];
    const { Statement } = policy as { Statement: { Action: string | string[]; Resource: unknown }[] };
    const actions = Statement.flatMap(({ Action }) => Action).filter((action) => action.startsWith('s3:'));
    expect(actions).toEqual(['s3:PutObject']);
    expect(JSON.stringify(Statement)).toContain('"/messages/*"');
  });

  it('lets the worker of tasks read and replace objects, and delete none (IM-ERASE-4)', () => {
    const policy = resource(template, 'AWS::IAM::Policy', 'RunTasksRole').Properties['PolicyDocument'];
    const { Statement } = policy as { Statement: { Action: string | string[]; Resource: unknown }[] };
    const ofArchive = Statement.filter(({ Resource }) => JSON.stringify(Resource).includes('Archive'));
    const actions = ofArchive.flatMap(({ Action }) => Action).sort();
    expect(actions).toEqual(['s3:GetObject', 's3:ListBucket', 's3:PutObject']);
  });

  const seq = { seq: { N: '7' } };
  const dynamoDb = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
  it.each([
    [
      'an expired message',
      { eventName: 'REMOVE', userIdentity: dynamoDb, dynamodb: { OldImage: seq } },
      true,
    ],
    [
      'a deletion, whose function looks who did it',
      { eventName: 'REMOVE', dynamodb: { OldImage: seq } },
      true,
    ],
    [
      'an expired claim',
      { eventName: 'REMOVE', userIdentity: dynamoDb, dynamodb: { OldImage: { claim: { BOOL: true } } } },
      false,
    ],
    ['a new message', { eventName: 'INSERT', dynamodb: { NewImage: seq } }, false],
    [
      'a recall',
      { eventName: 'MODIFY', dynamodb: { OldImage: seq, NewImage: { ...seq, rev: { N: '1' } } } },
      false,
    ],
    [
      'a message that another one replaces',
      { eventName: 'MODIFY', dynamodb: { OldImage: { ...seq, rev: { N: '1' } }, NewImage: seq } },
      true,
    ],
  ])('pays no invocation for what is written or changed: %s (IM-ARCHIVE-2)', (_, record, isInvoked) => {
    const { Filters } = mapping['FilterCriteria'] as { Filters: { Pattern: string }[] };
    const matches = Filters.some(({ Pattern }) => matchesPattern(JSON.parse(Pattern), record));
    expect(matches).toBe(isInvoked);
  });
});
