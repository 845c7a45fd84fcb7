import { gunzipSync, gzipSync } from 'node:zlib';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ArchiveEditor, ArchiveReader, ArchiveWriter } from '../domain/model/archive.ts';
import { ARCHIVE_PREFIX } from '../shared/archive-prefix.ts';

/*
 * Archive: a bucket with an object for each batch of messages that have expired.
 *
 *   messages/<yyyy>/<mm>/<dd>/<hh>/<batch id>.jsonl.gz     by the hour (UTC) in which DynamoDB deleted the first of them
 *
 * A repeat of a batch writes the same object again. Batches may overlap, if one was repeated in parts: readers know a message by
 * its messageId (IM-ARCHIVE-3).
 *
 * Access    Call                                 Price
 * put       PutObject                            one request for up to 10,000 messages, or 6 MB of them
 * lines     ListObjectsV2, then GetObject each   one request for 1,000 objects, and one an object
 * edit      the same, and PutObject              one more for each object that changes; the former one can be restored for 30 days
 */

/** Short enough that the SDK's three attempts fit into the worker's minute. */
const TIMEOUT_MS = 10_000;

function createClient(timeoutMs = TIMEOUT_MS): S3Client {
  return new S3Client({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
}

export function createArchiveWriter(Bucket: string, timeoutMs?: number): ArchiveWriter {
  const client = createClient(timeoutMs);
  return {
    async put({ deletedAtMs, id, lines }) {
      await putLines(client, Bucket, `${hourPrefix(deletedAtMs)}${id}.jsonl.gz`, lines);
    },
  };
}

export function createArchiveEditor(Bucket: string): ArchiveEditor {
  const client = createClient();
  return {
    async keys(after, limit) {
      const command = new ListObjectsV2Command({
        Bucket,
        Prefix: ARCHIVE_PREFIX,
        MaxKeys: limit,
        ...(after !== undefined && { StartAfter: after }),
      });
      const { Contents = [], IsTruncated = false } = await client.send(command);
      return { keys: Contents.flatMap(({ Key }) => Key ?? []), hasMore: IsTruncated };
    },
    linesOf: (key) => linesIn(client, Bucket, key),
    replace: (key, lines) => putLines(client, Bucket, key, lines),
  };
}

async function putLines(client: S3Client, Bucket: string, Key: string, lines: readonly string[]) {
  const Body = gzipSync(`${lines.join('\n')}\n`);
  await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/gzip' }));
}

async function linesIn(client: S3Client, Bucket: string, Key: string): Promise<readonly string[]> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  const packed = await Body?.transformToByteArray();
  if (packed === undefined) return [];
  return gunzipSync(packed)
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

export function createArchiveReader(client: S3Client, Bucket: string): ArchiveReader {
  return {
    async *lines(fromMs) {
      const StartAfter = fromMs === 0 ? ARCHIVE_PREFIX : hourPrefix(fromMs);
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket, Prefix: ARCHIVE_PREFIX, StartAfter },
      )) {
        for (const { Key } of Contents) if (Key !== undefined) yield* await linesIn(client, Bucket, Key);
      }
    },
  };
}

/** `messages/2026/11/28/09/` */
function hourPrefix(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  return `${ARCHIVE_PREFIX}${date.replaceAll('-', '/')}/${time.slice(0, 2)}/`;
}
