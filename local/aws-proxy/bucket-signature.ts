import { timingSafeEqual } from 'node:crypto';
import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { REGION } from '../stack/identifiers.ts';
import { denial } from './refusal.ts';
import type { SentRequest } from './request.ts';
import type { Answer } from './upstream.ts';

const KEY = { accessKeyId: 'local', secretAccessKey: 'local' };
/** No link signs a body. */
const BODY_HASH = 'x-amz-content-sha256';
const MAX_SECONDS = 7 * 86_400;
const signer = new SignatureV4({
  credentials: KEY,
  region: REGION,
  service: 's3',
  sha256: Sha256Node,
  uriEscapePath: false,
  applyChecksum: false,
});

/**
 * S3's refusal of a request from outside the stack, which the emulator would answer: one without a signature, or by a link that has
 * ended, is another one's, or was changed. Does not verify the signatures of clients, only those of links: these leave the machine
 * of who may sign.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function refusalOfBucketRequest(
  { method, path, headers }: SentRequest,
  nowMs: number,
): Promise<Answer | undefined> {
  const { pathname, searchParams } = new URL(path, 'http://s3');
  const names = new Map(headerPairs(headers));
  if (!searchParams.has('X-Amz-Signature'))
    return names.has('authorization') ? undefined : denial('s3', 'Access Denied');
  const signedAt = parseDate(searchParams.get('X-Amz-Date') ?? '');
  const seconds = Number(searchParams.get('X-Amz-Expires'));
  if (signedAt === undefined || !(seconds > 0 && seconds <= MAX_SECONDS))
    return denial('s3', 'Error parsing the parameters of the signature');
  if (nowMs >= signedAt.getTime() + seconds * 1_000) return denial('s3', 'Request has expired');
  const { 'X-Amz-Signature': claimed = '', ...query } = Object.fromEntries(searchParams);
  const signedHeaders = (query['X-Amz-SignedHeaders'] ?? '').split(';');
  const request = new HttpRequest({
    method,
    path: pathname,
    headers: {
      ...Object.fromEntries(signedHeaders.map((name) => [name, names.get(name) ?? ''])),
      [BODY_HASH]: 'UNSIGNED-PAYLOAD',
    },
    // The library adds the others that belong to a signature.
    query: Object.fromEntries(Object.entries(query).filter(([name]) => !SIGNED.has(name))),
  });
  const expected = await signer.presign(request, {
    signingDate: signedAt,
    expiresIn: seconds,
    unhoistableHeaders: new Set([BODY_HASH]),
    unsignableHeaders: new Set([BODY_HASH]),
  });
  const isSame = ['X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Algorithm'].every(
    (name) => expected.query?.[name] === query[name],
  );
  return isSame && isEqual(claimed, String(expected.query?.['X-Amz-Signature']))
    ? undefined
    : denial(
        's3',
        'The request signature we calculated does not match the signature you provided.',
        'SignatureDoesNotMatch',
      );
}

const SIGNED = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
]);

function headerPairs(headers: readonly string[]): (readonly [string, string])[] {
  return headers.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1] ?? ''] as const] : [],
  );
}

/** `20261128T210000Z` */
function parseDate(text: string): Date | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const date = new Date(iso === text ? Number.NaN : iso);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function isEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
