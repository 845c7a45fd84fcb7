import { randomUUID } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { ExportFiles } from '../domain/model/export-file.ts';
import { UnavailableError } from '../shared/errors.ts';
import { exportKey, REST_PREFIX } from '../shared/export-keys.ts';

/*
 * The bucket of exports.
 *
 *   exports/<taskId>.jsonl    the file, once it is complete
 *   rest/<taskId>/<uuid>      lines that are too few for a part yet
 *
 * Access     Call                               Price
 * begin      CreateMultipartUpload              one request, as each of the others
 * a part     UploadPart                         5 MiB at least
 * complete   CompleteMultipartUpload
 * rest       PutObject, then GetObject
 */

/** A part of some MB, on a function of a quarter of a processor. */
const TIMEOUT_MS = 5_000;

export function createExportFiles(Bucket: string, timeoutMs = TIMEOUT_MS): ExportFiles {
  const client = new S3Client({
    // A part's checksum would have to be declared when the upload begins, and repeated when it is completed. Its tag is one, too.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 1_000, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  const restKey = (taskId: string, place: string) => `${REST_PREFIX}${taskId}/${place}`;
  return {
    async begin(taskId) {
      const Key = exportKey(taskId);
      const { UploadId: uploadId } = await client.send(
        new CreateMultipartUploadCommand({
          Bucket,
          Key,
          ContentType: 'application/x-ndjson',
          ContentDisposition: `attachment; filename="${taskId}.jsonl"`,
        }),
      );
      // S3 breaks its word.
      if (uploadId === undefined) throw new UnavailableError();
      return { taskId, uploadId };
    },

    putPart: ({ taskId, uploadId }, PartNumber, text) =>
      unlessGone(async () => {
        const place = { Bucket, Key: exportKey(taskId), UploadId: uploadId, PartNumber };
        return (await client.send(new UploadPartCommand({ ...place, Body: Buffer.from(text) }))).ETag;
      }),

    async complete({ taskId, uploadId }, tags) {
      const Parts = tags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
      const place = { Bucket, Key: exportKey(taskId), UploadId: uploadId };
      const completion = new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts } });
      return (await unlessGone(() => client.send(completion))) !== undefined;
    },

    async keepRest(taskId, text) {
      const place = randomUUID();
      const Key = restKey(taskId, place);
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(text) }));
      return place;
    },

    rest: (taskId, place) =>
      unlessGone(async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: restKey(taskId, place) }));
        return Body?.transformToString();
      }),
  };
}

/** A bucket that may not be listed denies the access to an object that it lacks: `AccessDenied` means gone, too. */
const GONE = new Set(['NoSuchUpload', 'InvalidPart', 'NoSuchKey', 'AccessDenied']);

async function unlessGone<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) return undefined;
    throw error;
  }
}
