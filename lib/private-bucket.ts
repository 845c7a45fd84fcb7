import { Grant } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, type Bucket, type BucketProps } from 'aws-cdk-lib/aws-s3';
import { acknowledge, finding } from './acknowledge.ts';
import type { HandlerFunction } from './handler-function.ts';

/** Of every bucket: nothing of it is public, and it takes requests by TLS alone. */
export const PRIVATE_BUCKET = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
} satisfies BucketProps;

/** Allows the function one action on the objects whose keys begin with `prefix`. */
export function grantObjects(bucket: Bucket, fn: HandlerFunction, action: string, prefix: string): void {
  const objects = bucket.arnForObjects(`${prefix}*`);
  if (fn.role)
    acknowledge(
      fn.role,
      finding(fn, 'AwsSolutions-IAM5', `Resource::${objects}`),
      'Each object has a key of its own.',
    );
  Grant.addToPrincipal({ grantee: fn, actions: [action], resourceArns: [objects] });
}
