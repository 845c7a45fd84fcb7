import { BlockPublicAccess, type BucketProps } from 'aws-cdk-lib/aws-s3';

/** Of every bucket: nothing of it is public, and it takes requests by TLS alone. */
export const PRIVATE_BUCKET = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
} satisfies BucketProps;
