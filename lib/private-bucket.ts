import { Grant } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, type Bucket, BucketEncryption, type BucketProps } from 'aws-cdk-lib/aws-s3';
import { acknowledge, finding } from './acknowledge.ts';
import { type EncryptionProps, KEY_ACTIONS } from './encryption.ts';
import type { HandlerFunction } from './handler-function.ts';

/** Of every bucket: nothing of it is public, and it takes requests by TLS alone. */
export const PRIVATE_BUCKET = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
} satisfies BucketProps;

/** Of every bucket with users' data. A data key for all of its objects saves S3 from asking KMS for each. */
export function dataBucket({ encryptionKey }: EncryptionProps): BucketProps {
  const encryption = encryptionKey
    ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
    : { encryption: BucketEncryption.S3_MANAGED };
  return { ...PRIVATE_BUCKET, ...encryption };
}

/** Allows what reading or writing an object takes of the bucket's key. */
export function grantKey(bucket: Bucket, fn: HandlerFunction, action: string): void {
  const actions = { 's3:GetObject': KEY_ACTIONS.read, 's3:PutObject': KEY_ACTIONS.write }[action];
  if (actions !== undefined) bucket.encryptionKey?.grant(fn, ...actions);
}

/** Allows the function one action on the objects whose keys begin with `prefix`. */
export function grantObjects(bucket: Bucket, fn: HandlerFunction, action: string, prefix: string): void {
  const objects = bucket.arnForObjects(`${prefix}*`);
  if (fn.role)
    acknowledge(
      fn.role,
      finding(fn, 'AwsSolutions-IAM5', `Resource::${objects}`),
      'Each object has a key of its own.',
    );
  grantKey(bucket, fn, action);
  Grant.addToPrincipal({ grantee: fn, actions: [action], resourceArns: [objects] });
}
