import { gunzipSync, gzipSync } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { ArchiveReader, ArchiveWriter } from '../domain/model/archive.ts';
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
 */

/** Short enough that the SDK's three attempts fit into the worker's minute. */
const TIMEOUT_MS = 10_000;

export function createArchiveWriter(Bucket: string, timeoutMs = TIMEOUT_MS): ArchiveWriter {
  const client = new S3Client({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  return {
    async put({ deletedAtMs, id, lines }) {
      const Body = gzipSync(`${lines.join('\n')}\n`);
      const Key = `${hourPrefix(deletedAtMs)}${id}.jsonl.gz`;
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/gzip' }));
    },
  };
}

export function createArchiveReader(client: S3Client, Bucket: string): ArchiveReader {
  return {
    async *lines(fromMs) {
      const StartAfter = fromMs === 0 ? ARCHIVE_PREFIX : hourPrefix(fromMs);
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket, Prefix: ARCHIVE_PREFIX, StartAfter },
      )) {
        for (const { Key } of Contents) {
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
          const packed = await Body?.transformToByteArray();
          if (packed === undefined) continue;
          yield* gunzipSync(packed)
            .toString()
            .split('\n')
            .filter((line) => line !== '');
        }
      }
    },
  };
}

/** `messages/2026/11/28/09/` */
function hourPrefix(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  return `${ARCHIVE_PREFIX}${date.replaceAll('-', '/')}/${time.slice(0, 2)}/`;
}
