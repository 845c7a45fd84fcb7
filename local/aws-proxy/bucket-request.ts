import type { Subject } from './call.ts';

/** The part of an S3 request that says what it is for. */
export interface BucketInput {
  readonly Bucket: string;
  /** Undefined for requests to the bucket itself. */
  readonly Key?: string;
}

const OBJECT_OPERATIONS: Readonly<Record<string, string>> = {
  PUT: 'PutObject',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};

const BUCKET_OPERATIONS: Readonly<Record<string, string>> = {
  PUT: 'CreateBucket',
  HEAD: 'HeadBucket',
  DELETE: 'DeleteBucket',
  GET: 'ListObjectsV2',
  POST: 'DeleteObjects',
};

export const S3_OPERATIONS = [
  'PutObject',
  'GetObject',
  'HeadObject',
  'DeleteObject',
  'ListObjectsV2',
] as const;

/** Bucket and key, both in the path: the SDK writes them so for an endpoint that is an IP address. */
export function bucketInput(path: string): BucketInput {
  const [, Bucket = '', ...key] = new URL(path, 'http://s3').pathname.split('/').map(decodeURIComponent);
  return { Bucket, ...(key.join('/') !== '' && { Key: key.join('/') }) };
}

/** Operation and bucket of a request to S3. Other operations than those above are named by their method. */
export function bucketSubject(method: string, { Bucket, Key }: BucketInput): Subject {
  const operations = Key === undefined ? BUCKET_OPERATIONS : OBJECT_OPERATIONS;
  return { operation: operations[method] ?? method, tables: [], entries: 1, bucket: Bucket };
}
