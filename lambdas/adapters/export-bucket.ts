import { randomUUID } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import type { ExportFiles } from '../domain/model/export-file.ts';
import { UnavailableError } from '../shared/errors.ts';
import { EXPORT_PREFIX, exportKey, REST_PREFIX } from '../shared/export-keys.ts';
import { settleAll } from '../shared/settle.ts';

/*
 * The bucket of exports.
 *
 *   exports/<user>/<taskId>.jsonl    the file, once it is complete; <user> is a hash of the id
 *   rest/<user>/<taskId>/<uuid>      lines that are too few for a part yet
 *
 * Access     Call                               Price
 * begin      CreateMultipartUpload              one request, as each of the others
 * a part     UploadPart                         5 MiB at least
 * complete   CompleteMultipartUpload
 * rest       PutObject, then GetObject
 * empty      ListObjectsV2 of each prefix, DeleteObject   one request for each object, free
 */

/** A part of some MB, on a function of a quarter of a processor. */
const TIMEOUT_MS = 5_000;
const DELETES_AT_ONCE = 10;

export function createExportFiles(Bucket: string, timeoutMs = TIMEOUT_MS): ExportFiles {
  const client = new S3Client({
    // A part's checksum would have to be declared when the upload begins, and repeated when it is completed. Its tag is one, too.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 1_000, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  const restKey = (name: string, place: string) => `${REST_PREFIX}${name}/${place}`;
  return {
    async begin(name) {
      const Key = exportKey(name);
      const { UploadId: uploadId } = await client.send(
        new CreateMultipartUploadCommand({
          Bucket,
          Key,
          ContentType: 'application/x-ndjson',
          ContentDisposition: `attachment; filename="${name.split('/').at(-1)}.jsonl"`,
        }),
      );
      // S3 breaks its word.
      if (uploadId === undefined) throw new UnavailableError();
      return { name, uploadId };
    },

    putPart: ({ name, uploadId }, PartNumber, text) =>
      unlessGone(async () => {
        const place = { Bucket, Key: exportKey(name), UploadId: uploadId, PartNumber };
        return (await client.send(new UploadPartCommand({ ...place, Body: Buffer.from(text) }))).ETag;
      }),

    async complete({ name, uploadId }, tags) {
      const Parts = tags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
      const place = { Bucket, Key: exportKey(name), UploadId: uploadId };
      const completion = new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts } });
      return (await unlessGone(() => client.send(completion))) !== undefined;
    },

    async keepRest(name, text) {
      const place = randomUUID();
      const Key = restKey(name, place);
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(text) }));
      return place;
    },

    rest: (name, place) =>
      unlessGone(async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: restKey(name, place) }));
        return Body?.transformToString();
      }),

    async empty(folder) {
      const prefixes = [EXPORT_PREFIX, REST_PREFIX].map((prefix) => `${prefix}${folder}/`);
      const pages = await settleAll(
        prefixes.map((Prefix) => client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 50 }))),
      );
      const keys = pages.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key));
      const atOnce = pLimit(DELETES_AT_ONCE);
      await settleAll(keys.map((Key) => atOnce(() => client.send(new DeleteObjectCommand({ Bucket, Key })))));
      return keys.length;
    },
  };
}

/** Not `AccessDenied`: who may list a bucket, as the worker may, is told that an object is missing. A key may deny access. */
const GONE = new Set(['NoSuchUpload', 'InvalidPart', 'NoSuchKey']);

export async function unlessGone<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) return undefined;
    throw error;
  }
}
