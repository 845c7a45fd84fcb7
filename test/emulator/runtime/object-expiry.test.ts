import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBuckets } from '../../../local/emulators/buckets.ts';
import { s3Client } from '../../../local/emulators/clients.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { expireObjects } from '../../../local/emulators/object-expiry.ts';
import { bucketModel } from '../../../local/stack/storage.ts';

const DAY_MS = 86_400_000;

/** A bucket with these rules of a template, and one object under each key. */
async function setUp(rules: readonly object[], keys: readonly string[]) {
  const emulator = await startSqs();
  const client = s3Client(emulator.endpoint);
  onTestFinished(async () => {
    client.destroy();
    await emulator.stop();
  });
  const properties = { BucketName: 'files', LifecycleConfiguration: { Rules: rules } };
  const identity = { ref: 'files', attributes: {} };
  const bucket = bucketModel({ logicalId: 'Files', type: 'AWS::S3::Bucket', properties, identity });
  await createBuckets(client, [bucket]);
  await Promise.all(
    keys.map((Key) => client.send(new PutObjectCommand({ Bucket: 'files', Key, Body: 'hi' }))),
  );
  return {
    expire: (nowMs: number) => expireObjects(client, [bucket], nowMs),
    keys: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'files' }));
      return Contents.map(({ Key }) => Key);
    },
  };
}

const enabled = (rule: object) => ({ Status: 'Enabled', ...rule });

describe('a life cycle rule of a bucket', () => {
  it('deletes its prefix’s objects at the midnight after their days, and no others (IM-FILE-4)', async () => {
    const rule = enabled({ Prefix: 'pending/', ExpirationInDays: 1 });
    const { expire, keys } = await setUp([rule], ['pending/a', 'pending/b', 'sent/a']);
    const nextMidnight = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
    await expire(nextMidnight + DAY_MS - 1_000);
    expect(await keys()).toEqual(['pending/a', 'pending/b', 'sent/a']);
    await expire(nextMidnight + DAY_MS);
    expect(await keys()).toEqual(['sent/a']);
  });

  it('does nothing if it is disabled, or speaks of tags or of other storage', async () => {
    const others = [
      { Status: 'Disabled', ExpirationInDays: 1 },
      enabled({ ExpirationInDays: 1, TagFilters: [{ Key: 'a', Value: 'b' }] }),
      enabled({ Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 1 }] }),
    ];
    const { expire, keys } = await setUp(others, ['a']);
    await expire(Date.now() + 100 * DAY_MS);
    expect(await keys()).toEqual(['a']);
  });
});
