import type { Subject } from './call.ts';

/** The part of an S3 request that says what it is for. */
export interface BucketInput {
  readonly Bucket: string;
  /** Undefined for requests to the bucket itself. */
  readonly Key?: string;
  /** Of a request to an upload in parts; empty for the request that begins one. */
  readonly uploadId?: string;
}

const OBJECT_OPERATIONS: Readonly<Record<string, string>> = {
  PUT: 'PutObject',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
const UPLOAD_OPERATIONS: Readonly<Record<string, string>> = {
  PUT: 'UploadPart',
  POST: 'CompleteMultipartUpload',
  DELETE: 'AbortMultipartUpload',
  GET: 'ListParts',
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
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
] as const;

/** Bucket and key, both in the path: the SDK writes them so for an endpoint that is an IP address. */
export function bucketInput(path: string): BucketInput {
  const { pathname, searchParams } = new URL(path, 'http://s3');
  const [, Bucket = '', ...key] = pathname.split('/').map(decodeURIComponent);
  const uploadId = searchParams.get('uploadId') ?? (searchParams.has('uploads') ? '' : undefined);
  return {
    Bucket,
    ...(key.join('/') !== '' && { Key: key.join('/') }),
    ...(uploadId !== undefined && { uploadId }),
  };
}

/** Operation and bucket of a request to S3. Other operations than those above are named by their method. */
export function bucketSubject(method: string, { Bucket, Key, uploadId }: BucketInput): Subject {
  const ofObject = uploadId === undefined ? OBJECT_OPERATIONS : UPLOAD_OPERATIONS;
  const operations = Key === undefined ? BUCKET_OPERATIONS : ofObject;
  const operation = Key !== undefined && uploadId === '' ? 'CreateMultipartUpload' : operations[method];
  return { operation: operation ?? method, tables: [], entries: 1, bucket: Bucket };
}
