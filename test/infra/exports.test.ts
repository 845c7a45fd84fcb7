import { describe, expect, it } from 'vitest';
import { resource, synthesize } from './synth.ts';

const { template } = synthesize();
const bucket = resource(template, 'AWS::S3::Bucket', 'Exports');

describe('the bucket of exports (IM-ERASE-3)', () => {
  it('is private, takes TLS alone, and is encrypted', () => {
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
    });
    const policy = resource(template, 'AWS::S3::BucketPolicy', 'Exports').Properties['PolicyDocument'];
    expect(policy).toMatchObject({
      Statement: [
        { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ],
    });
  });

  it('deletes every object after 7 days, without a version of it, and an upload that nobody completes after a day', () => {
    expect(bucket.Properties).toMatchObject({
      LifecycleConfiguration: {
        Rules: [
          {
            Status: 'Enabled',
            ExpirationInDays: 7,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
        ],
      },
    });
    expect(bucket.Properties).not.toHaveProperty('VersioningConfiguration');
    const { Rules } = bucket.Properties['LifecycleConfiguration'] as { Rules: readonly object[] };
    // Of all objects.
    expect(Rules).toEqual([expect.not.objectContaining({ Prefix: expect.anything() })]);
  });

  it('is kept as the tables are', () => {
    expect(bucket.DeletionPolicy).toBe('RetainExceptOnCreate');
    const temporary = synthesize({ retain: false }).template;
    expect(resource(temporary, 'AWS::S3::Bucket', 'Exports').DeletionPolicy).toBe('Delete');
  });
});
