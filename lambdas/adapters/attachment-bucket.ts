import type { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { LIMITS } from '../../protocol/limits.ts';
import type { AttachmentFiles, AttachmentForms, AttachmentLinks } from '../domain/model/attachment.ts';
import { UnavailableError } from '../shared/errors.ts';
import { keptLines } from './kept-lines.ts';
import { createSignedBucket } from './signed-bucket.ts';

/*
 * The bucket of attachments (lambdas/shared/attachment-keys.ts has its names).
 *
 * Access     Call            Price
 * form       none            one request, by who uploads
 * copy       CopyObject      one request; within a region no bytes are billed
 * remove     DeleteObject    free
 * link       none            one request, and the bytes, by who downloads
 */

/** S3 copies 100 MB in a second or two; the function that sends has ten for everything. */
const COPY_TIMEOUT_MS = 6_000;
const TIMEOUT_MS = 2_000;

export interface AttachmentBucketOptions {
  /** @default 6_000 */
  readonly copyTimeoutMs?: number;
}

/** @param env as `createSignedBucket` reads it */
export function createAttachmentFiles(
  bucket: string,
  env: NodeJS.ProcessEnv,
  { copyTimeoutMs = COPY_TIMEOUT_MS }: AttachmentBucketOptions = {},
): AttachmentFiles {
  const signed = createSignedBucket(bucket, env);
  const lines = keptLines();
  const http = new NodeHttpHandler({ ...lines.agents, connectionTimeout: 1_000 });

  /** One attempt: the client repeats the whole message. Only a request on a dead keep-alive socket is sent again. */
  async function send(request: HttpRequest, timeoutMs: number): Promise<Answer> {
    try {
      const abortSignal = AbortSignal.timeout(timeoutMs);
      const { response } = await lines.request(() => http.handle(request, { abortSignal }));
      const { statusCode: status } = response;
      return { status, text: await textOf(response.body) };
    } catch (cause) {
      throw new UnavailableError({ cause });
    }
  }

  return {
    async copy(from, to, etag) {
      const request = await signed.request('PUT', to, {
        'x-amz-copy-source': `/${bucket}/${from}`,
        // A later upload, or a repeat of the send, changes nothing.
        'if-none-match': '*',
        ...(etag !== undefined && { 'x-amz-copy-source-if-match': `"${etag}"` }),
      });
      const answer = await send(request, copyTimeoutMs);
      // Of two conditions S3 names the one that has failed. Other bytes came after the scan, whose result comes too.
      if (answer.status === 412 && (etag === undefined || isThere(answer))) return true;
      if (answer.status === 412) throw new UnavailableError();
      if (isMissing(answer)) return false;
      // S3 may begin its answer before the copy is made, and tell of a failure in it.
      if (answer.status === 200 && answer.text.includes('<CopyObjectResult')) return true;
      throw failure('CopyObject', answer);
    },

    async remove(key) {
      const answer = await send(await signed.request('DELETE', key), TIMEOUT_MS);
      if (answer.status !== 204) throw failure('DeleteObject', answer);
    },
  };
}

export function createAttachmentForms(bucket: string, env: NodeJS.ProcessEnv): AttachmentForms {
  const signed = createSignedBucket(bucket, env);
  return {
    formFor: ({ key, type, size }, nowMs) =>
      signed.form({ key, 'Content-Type': type }, { nowMs, seconds: LIMITS.uploadSeconds, size }),
  };
}

export function createAttachmentLinks(bucket: string, env: NodeJS.ProcessEnv): AttachmentLinks {
  const signed = createSignedBucket(bucket, env);
  return {
    linkTo: (key, { type, disposition, name }, signedAtMs, seconds) =>
      signed.link(key, {
        signedAtMs,
        seconds,
        query: {
          'response-content-type': type,
          'response-content-disposition': `${disposition}; filename*=UTF-8''${extendedValue(name)}`,
          'response-cache-control': `private, max-age=${LIMITS.attachmentLinkSlotSeconds}`,
        },
      }),
  };
}

/** RFC 8187: more is escaped than `encodeURIComponent` does. */
function extendedValue(text: string): string {
  return encodeURIComponent(text).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function isThere({ text }: Answer): boolean {
  return text.includes('<Condition>If-None-Match</Condition>');
}

/** A bucket that may not be listed denies the access to an object that it lacks. */
function isMissing({ status, text }: Answer): boolean {
  return status === 404 || (status === 403 && codeIn(text) === 'AccessDenied');
}

/** A conflict (409) is another attempt at the same time; 503 asks to slow down. */
function failure(operation: string, { status, text }: Answer): Error {
  const cause = new Error(`${operation}: S3 answered ${status} ${codeIn(text)}`);
  const mayPass = status === 200 || status === 409 || status === 429 || status >= 500;
  return mayPass ? new UnavailableError({ cause }) : cause;
}

function codeIn(xml: string): string {
  return /<Code>(\w{1,60})<\/Code>/.exec(xml)?.[1] ?? '';
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}
