import type { Subject } from '../call.ts';
import { headerPairs, type SentRequest } from '../sent-request.ts';

/** The part of an S3 request that says what it is for. */
export interface BucketInput {
  readonly Bucket: string;
  /** Undefined for requests to the bucket itself. */
  readonly Key?: string;
  /** Of a request to an upload in parts; empty for the request that begins one. */
  readonly uploadId?: string;
  /** Of a copy: where it is from. */
  readonly CopySource?: { readonly Bucket: string; readonly Key: string };
  /** Those that one request deletes. */
  readonly Keys?: readonly string[];
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
  'PostObject',
  'CopyObject',
  'GetObject',
  'HeadObject',
  'DeleteObject',
  'DeleteObjects',
  'ListObjectsV2',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
] as const;

/** Bucket and key, both in the path: the SDK writes them so for an endpoint that is an IP address. */
export function bucketInput({ method, path, headers, body }: SentRequest): BucketInput {
  const { pathname, searchParams } = new URL(path, 'http://s3');
  const { Bucket, Key } = bucketAndKey(pathname);
  const uploadId = searchParams.get('uploadId') ?? (searchParams.has('uploads') ? '' : undefined);
  const source = headerPairs(headers).find(([name]) => name === 'x-amz-copy-source')?.[1];
  return {
    Bucket,
    ...(Key !== '' && { Key }),
    ...(uploadId !== undefined && { uploadId }),
    ...(source !== undefined && { CopySource: bucketAndKey(`/${source.replace(/^\//, '')}`) }),
    ...(method === 'POST' && searchParams.has('delete') && { Keys: keysIn(body.toString()) }),
  };
}

function bucketAndKey(path: string): { readonly Bucket: string; readonly Key: string } {
  const [, Bucket = '', ...key] = path.split('/').map(decode);
  return { Bucket, Key: key.join('/') };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function keysIn(xml: string): readonly string[] {
  return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
}

/** Operation and bucket of a request to S3. Other operations than those above are named by their method. */
export function bucketSubject(
  method: string,
  { Bucket, Key, uploadId, CopySource, Keys }: BucketInput,
): Subject {
  const ofObject = uploadId === undefined ? OBJECT_OPERATIONS : UPLOAD_OPERATIONS;
  const operations = Key === undefined ? BUCKET_OPERATIONS : ofObject;
  const operation = Key !== undefined && uploadId === '' ? 'CreateMultipartUpload' : operations[method];
  const named = CopySource !== undefined && operation === 'PutObject' ? 'CopyObject' : operation;
  return { operation: named ?? method, tables: [], entries: Keys?.length ?? 1, bucket: Bucket };
}
