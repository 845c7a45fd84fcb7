import { DeleteObjectsCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { BucketModel, ExpiryRule } from '../model.ts';

const DAY_MS = 86_400_000;

/**
 * Deletes the objects whose days are over, as S3 does; the emulator never does.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions
 * @param nowMs the time by which an object must have expired
 */
export async function expireObjects(
  client: S3Client,
  buckets: readonly Pick<BucketModel, 'bucketName' | 'expiry'>[],
  nowMs: number,
): Promise<void> {
  await Promise.all(
    buckets.flatMap(({ bucketName, expiry }) =>
      expiry.map((rule) => expire(client, bucketName, rule, nowMs)),
    ),
  );
}

async function expire(client: S3Client, Bucket: string, { prefix, days }: ExpiryRule, nowMs: number) {
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: prefix })) {
    const Objects = Contents.filter(
      ({ LastModified }) => LastModified !== undefined && endOf(LastModified.getTime(), days) <= nowMs,
    ).map(({ Key }) => ({ Key }));
    if (Objects.length > 0) await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
}

/** The midnight (UTC) after the last of its days. */
function endOf(madeMs: number, days: number): number {
  return Math.ceil((madeMs + days * DAY_MS) / DAY_MS) * DAY_MS;
}
