import { DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ImportFiles, ImportForms } from '../domain/model/import.ts';
import { importKey } from '../shared/export-keys.ts';
import { unlessGone } from './export-bucket.ts';
import { createSignedBucket } from './signed-bucket.ts';

/*
 * The uploaded files of imports, in the bucket of exports: imports/<importId>.jsonl
 *
 * Access    Call            Price
 * form      none            one request, by who uploads
 * read      GetObject       one request for 512 KB
 * remove    DeleteObject    free
 */

const TIMEOUT_MS = 5_000;
const FORM_SECONDS = 900;

export function createImportFiles(Bucket: string): ImportFiles {
  const client = new S3Client({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
  });
  return {
    read: (importId, offset, length) =>
      unlessGone(async () => {
        const Range = `bytes=${offset}-${offset + length - 1}`;
        try {
          const { Body } = await client.send(
            new GetObjectCommand({ Bucket, Key: importKey(importId), Range }),
          );
          return Buffer.from((await Body?.transformToByteArray()) ?? []);
        } catch (error) {
          // Behind the last byte there is no range.
          if (error instanceof Error && error.name === 'InvalidRange') return Buffer.alloc(0);
          throw error;
        }
      }),

    async remove(importId) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: importKey(importId) }));
    },
  };
}

/** @param env as `createSignedBucket` reads it */
export function createImportForms(bucket: string, env: NodeJS.ProcessEnv): ImportForms {
  const signed = createSignedBucket(bucket, env);
  return {
    async formOf(importId, size, nowMs) {
      const fields = { key: importKey(importId), 'Content-Type': 'application/x-ndjson' };
      const form = await signed.form(fields, { nowMs, seconds: FORM_SECONDS, size });
      return { ...form, expiresAtMs: nowMs + FORM_SECONDS * 1_000 };
    },
  };
}
