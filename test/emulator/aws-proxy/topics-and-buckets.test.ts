import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishBatchCommand, PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import type { Permission } from '../../../local/model.ts';
import { topicArn } from '../../../local/stack/identifiers.ts';
import { functionOf } from '../runtime/bundle.ts';
import { EMPTY_STACK } from '../stack-models.ts';
import { failureOf, newName, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

/** A topic and a bucket, made without the proxy's notice. */
async function setUp(options?: Parameters<typeof startProxy>[0]) {
  const fixture = await startProxy(options);
  const name = newName('thing');
  await fixture.sns.send(new CreateTopicCommand({ Name: name }));
  await fixture.s3.send(new CreateBucketCommand({ Bucket: name }));
  fixture.proxy.reset();
  return { ...fixture, name, topic: topicArn(name) };
}

const publish = (TopicArn: string) => new PublishCommand({ TopicArn, Message: 'hi' });
const put = (Bucket: string) => new PutObjectCommand({ Bucket, Key: 'a/b c.txt', Body: 'hi' });
const list = async (s3: S3Client, Bucket: string) =>
  (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key);

function withRole(permissions: readonly Permission[]) {
  return { ...EMPTY_STACK, functions: [functionOf('', { logicalId: 'Fn', permissions })] };
}

describe('the AWS proxy', () => {
  it('counts what a function publishes and stores, by topic and bucket', async () => {
    const { sns, s3, name, topic, proxy } = await setUp();
    await sns.send(publish(topic));
    const PublishBatchRequestEntries = ['1', '2', '3'].map((Id) => ({ Id, Message: 'hi' }));
    await sns.send(new PublishBatchCommand({ TopicArn: topic, PublishBatchRequestEntries }));
    await s3.send(put(name));
    expect(await list(s3, name)).toEqual(['a/b c.txt']);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: name, Key: 'a/b c.txt' }));
    expect(await Body?.transformToString()).toBe('hi');
    expect(proxy.counts().rows).toMatchObject([
      { service: 'sns', operation: 'Publish', target: name, calls: 1, entries: 1 },
      { service: 'sns', operation: 'PublishBatch', target: name, calls: 1, entries: 3 },
      { service: 's3', operation: 'PutObject', target: name, calls: 1, failed: 0 },
      { service: 's3', operation: 'ListObjectsV2', target: name, calls: 1 },
      { service: 's3', operation: 'GetObject', target: name, calls: 1 },
    ]);
  });

  it.each([
    ['throttle', 'Throttled', 400, 'SlowDown', 503],
    ['error', 'InternalError', 500, 'InternalError', 500],
  ] as const)(
    'refuses with the service’s own error: %s',
    async (fault, ofTopic, topicStatus, ofBucket, bucketStatus) => {
      const { sns, s3, name, topic, proxy } = await setUp();
      proxy.inject({ fault });
      const [published, stored] = await Promise.all(
        [sns.send(publish(topic)), s3.send(put(name))].map((call) => call.catch((error: unknown) => error)),
      );
      expect(published).toMatchObject({ $metadata: { httpStatusCode: topicStatus } });
      expect(String((published as Error).name)).toMatch(new RegExp(`^${ofTopic}`));
      expect(stored).toMatchObject({ name: ofBucket, $metadata: { httpStatusCode: bucketStatus } });
      expect(proxy.calls.map(({ error, forwarded }) => [error, forwarded])).toEqual(
        expect.arrayContaining([
          [ofTopic, false],
          [ofBucket, false],
        ]),
      );
      proxy.clearFaults();
      expect(await list(s3, name)).toBeUndefined();
    },
  );

  it('stops a put at a breakpoint of its bucket, before and after the emulator has it', async () => {
    const { s3, name, proxy } = await setUp();
    const breakpoint = proxy.setBreakpoint({ bucket: name, when: 'after' });
    const stored = s3.send(put(name));
    expect(await breakpoint.reached).toMatchObject({ operation: 'PutObject', bucket: name });
    breakpoint.fail('cut-after');
    await expect(stored).rejects.toThrow();
    expect(await list(s3, name)).toEqual(['a/b c.txt']);
  });

  it('denies what the role does not allow on a topic or an object', async () => {
    const { sns, s3, name, topic, endpoints } = await setUp();
    const other = topicArn('other');
    const resources = [topic, `arn:aws:s3:::${name}/a/*`];
    const warnings: string[] = [];
    endpoints.serveStack?.(withRole([{ actions: ['sns:Publish', 's3:PutObject'], resources }]), (warning) =>
      warnings.push(warning),
    );
    const batch = { TopicArn: topic, PublishBatchRequestEntries: [{ Id: '1', Message: 'hi' }] };
    expect(await failureOf(sns.send(publish(topic)))).toBe('none');
    expect(await failureOf(sns.send(new PublishBatchCommand(batch)))).toBe('none');
    expect(await failureOf(s3.send(put(name)))).toBe('none');
    expect(await failureOf(sns.send(publish(other)))).toMatch(/^AuthorizationError/);
    expect(await failureOf(s3.send(new PutObjectCommand({ Bucket: name, Key: 'b', Body: '' })))).toBe(
      'AccessDenied',
    );
    expect(await failureOf(s3.send(new ListObjectsV2Command({ Bucket: name })))).toBe('AccessDenied');
    expect(warnings.map((warning) => /denied (\S+) on (\S+):/.exec(warning)?.slice(1))).toEqual([
      ['sns:Publish', other],
      ['s3:PutObject', `arn:aws:s3:::${name}/b`],
      ['s3:ListBucket', `arn:aws:s3:::${name}`],
    ]);
  });
});
