import { CreateBucketCommand, HeadBucketCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';
import type { BucketModel } from '../model.ts';

/** Creates missing buckets. */
export async function createBuckets(
  client: S3Client,
  buckets: readonly Pick<BucketModel, 'bucketName'>[],
): Promise<void> {
  await Promise.all(
    buckets.map(async ({ bucketName: Bucket }) => {
      const isMissing = await client.send(new HeadBucketCommand({ Bucket })).then(
        () => false,
        (error: unknown) => {
          if (error instanceof NotFound) return true;
          throw error;
        },
      );
      if (isMissing) await client.send(new CreateBucketCommand({ Bucket }));
    }),
  );
}
