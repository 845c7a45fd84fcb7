import type { ExportLinks } from '../domain/model/export-file.ts';
import { exportKey } from '../shared/export-keys.ts';
import { createSignedBucket } from './signed-bucket.ts';

/** An hour. The link ends earlier if the function's own credentials do: then the task gives another one. */
const LINK_SECONDS = 3_600;

/**
 * Links to files of exports. Costs no call.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 * @param env as `createSignedBucket` reads it
 */
export function createExportLinks(bucket: string, env: NodeJS.ProcessEnv): ExportLinks {
  const signed = createSignedBucket(bucket, env);
  return {
    async linkTo(name, nowMs) {
      const link = await signed.link(exportKey(name), { signedAtMs: nowMs, seconds: LINK_SECONDS });
      return { link, expiresAtMs: nowMs + LINK_SECONDS * 1_000 };
    },
  };
}
