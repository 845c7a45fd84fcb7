import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { resource, resources, synthesize } from './synth.ts';

const { template } = synthesize();
const { template: without, chat: chatWithout } = synthesize({ attachments: false });

const bucketIn = (from = template) => resource(from, 'AWS::S3::Bucket', 'Attachments');
const rulesIn = (from = template) =>
  (bucketIn(from).Properties['LifecycleConfiguration'] as { Rules: readonly object[] }).Rules;

describe('the bucket of attachments (IM-FILE)', () => {
  it('is private, takes TLS alone, is encrypted, and keeps no version of what is deleted', () => {
    expect(bucketIn().Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
    });
    expect(bucketIn().Properties).not.toHaveProperty('VersioningConfiguration');
    const policy = resource(template, 'AWS::S3::BucketPolicy', 'Attachments').Properties['PolicyDocument'];
    expect(policy).toMatchObject({
      Statement: [
        { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ],
    });
  });

  it('is kept as the tables are', () => {
    expect(bucketIn().DeletionPolicy).toBe('RetainExceptOnCreate');
    expect(bucketIn(synthesize({ retain: false }).template).DeletionPolicy).toBe('Delete');
  });

  it('deletes what was not sent after a day, and what was sent with the messages, but not before them (IM-FILE-4)', () => {
    const pending = expect.objectContaining({ Prefix: 'pending/', ExpirationInDays: 1, Status: 'Enabled' });
    expect(rulesIn()).toEqual([pending]);
    const historyRetention = Duration.hours(36);
    const sent = expect.objectContaining({ Prefix: 'sent/', ExpirationInDays: 3, Status: 'Enabled' });
    expect(rulesIn(synthesize({ historyRetention }).template)).toEqual([pending, sent]);
  });

  it('keeps what was sent if the messages are archived (IM-FILE-4)', () => {
    const { template: archiving } = synthesize({ archive: true, historyRetention: Duration.days(30) });
    expect(rulesIn(archiving)).toHaveLength(1);
  });

  it('is open to the pages of the allowed origins, and to every page if there is a web page', () => {
    expect(bucketIn().Properties).not.toHaveProperty('CorsConfiguration');
    const cors = (AllowedOrigins: readonly string[]) => ({
      CorsConfiguration: { CorsRules: [{ AllowedOrigins, AllowedMethods: ['POST', 'GET', 'HEAD'] }] },
    });
    const allowedOrigins = ['https://chat.example.com'];
    expect(bucketIn(synthesize({ allowedOrigins }).template).Properties).toMatchObject(cors(allowedOrigins));
    expect(bucketIn(synthesize({ webPage: true }).template).Properties).toMatchObject(cors(['*']));
  });

  it('is not there with attachments: false, nor is a route, a permission, or a variable (IM-FILE)', () => {
    expect(chatWithout.attachments).toBeUndefined();
    expect(JSON.stringify(without.toJSON())).not.toMatch(/attachment/i);
    expect(resources(without, 'AWS::S3::Bucket')).toHaveLength(1);
  });

  it('tells the function that makes the forms what may be sent (IM-FILE-1)', () => {
    const { template: strict } = synthesize({
      attachmentMaxBytes: 1_000,
      attachmentTypes: ['image/*', 'application/pdf'],
    });
    const http = resource(strict, 'AWS::Lambda::Function', 'FunctionsHttp').Properties;
    expect(http['Environment']).toMatchObject({
      Variables: { ATTACHMENT_MAX_BYTES: '1000', ATTACHMENT_TYPES: 'image/*,application/pdf' },
    });
  });

  it.each([
    [{ attachmentMaxBytes: 0 }, 'attachmentMaxBytes must be'],
    [{ attachmentMaxBytes: 1.5 }, 'attachmentMaxBytes must be'],
    [{ attachmentMaxBytes: 104_857_601 }, 'attachmentMaxBytes must be'],
    [{ attachmentTypes: [] }, 'attachmentTypes must not be empty'],
    [{ attachmentTypes: ['image'] }, 'attachmentTypes must be media types'],
    [{ attachmentTypes: ['*/*'] }, 'attachmentTypes must be media types'],
    [{ attachmentTypes: ['image/png,text/html'] }, 'attachmentTypes must be media types'],
    [{ attachments: false, attachmentMaxBytes: 1 }, 'need attachments'],
  ])('refuses %j', (props, fault) => {
    expect(() => synthesize(props)).toThrow(fault);
  });
});

describe('with attachmentScan', () => {
  const { template: scanning } = synthesize({ attachmentScan: true });
  const fn = 'FunctionsScanResults';

  it('has a plan that scans uploads alone, by a role as AWS documents it (IM-FILE-9)', () => {
    const plan = resource(scanning, 'AWS::GuardDuty::MalwareProtectionPlan', 'AttachmentScan');
    const role = resource(scanning, 'AWS::IAM::Role', 'AttachmentScanRole');
    const bucket = bucketIn(scanning).logicalId;
    expect(plan.Properties).toEqual({
      ProtectedResource: { S3Bucket: { BucketName: { Ref: bucket }, ObjectPrefixes: ['pending/'] } },
      Role: { 'Fn::GetAtt': [role.logicalId, 'Arn'] },
    });
    const Service = 'malware-protection-plan.guardduty.amazonaws.com';
    expect(role.Properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [{ Principal: { Service } }],
    });
    const policy = resource(scanning, 'AWS::IAM::Policy', 'AttachmentScanRole');
    const { Statement } = policy.Properties['PolicyDocument'] as {
      Statement: readonly Record<string, unknown>[];
    };
    expect(Statement.map(({ Action }) => Action)).toEqual([
      ['events:DeleteRule', 'events:PutRule', 'events:PutTargets', 'events:RemoveTargets'],
      ['events:DescribeRule', 'events:ListTargetsByRule'],
      ['s3:GetBucketNotification', 's3:ListBucket', 's3:PutBucketNotification'],
      's3:PutObject',
      ['s3:GetObject', 's3:GetObjectVersion'],
    ]);
    expect(Statement[0]?.['Condition']).toEqual({ StringLike: { 'events:ManagedBy': Service } });
    const arn = { 'Fn::GetAtt': [bucket, 'Arn'] };
    expect(Statement.slice(2).map(({ Resource }) => Resource)).toEqual([
      arn,
      { 'Fn::Join': ['', [arn, '/malware-protection-resource-validation-object']] },
      { 'Fn::Join': ['', [arn, '/pending/*']] },
    ]);
  });

  it('gives the results of its own bucket to a function that writes rows, and can do nothing else (IM-FILE-9)', () => {
    const { EventPattern, Targets } = resource(scanning, 'AWS::Events::Rule', 'AttachmentScan').Properties;
    expect(EventPattern).toEqual({
      source: ['aws.guardduty'],
      'detail-type': ['GuardDuty Malware Protection Object Scan Result'],
      detail: { s3ObjectDetails: { bucketName: [{ Ref: bucketIn(scanning).logicalId }] } },
    });
    const { logicalId } = resource(scanning, 'AWS::Lambda::Function', fn);
    expect(Targets).toMatchObject([{ Arn: { 'Fn::GetAtt': [logicalId, 'Arn'] } }]);
    const actions = JSON.stringify(resource(scanning, 'AWS::IAM::Policy', `${fn}Role`).Properties);
    expect(actions.match(/"(dynamodb|s3|sqs|execute-api|lambda|sns):\w+/g)).toEqual(['"dynamodb:UpdateItem']);
  });

  it('is all that knows of scans: a deployment without it has nothing of them', () => {
    const variable = 'ATTACHMENT_SCAN';
    expect(JSON.stringify(scanning.toJSON())).toContain(variable);
    expect(JSON.stringify(template.toJSON())).not.toContain(variable);
    for (const type of ['AWS::GuardDuty::MalwareProtectionPlan', 'AWS::Events::Rule'])
      expect(resources(template, type)).toEqual([]);
    expect(resources(template, 'AWS::Lambda::Function').map(({ logicalId }) => logicalId)).not.toContainEqual(
      expect.stringContaining('ScanResults'),
    );
  });

  it('needs attachments', () => {
    expect(() => synthesize({ attachmentScan: true, attachments: false })).toThrow(
      'attachmentScan needs attachments',
    );
  });
});
