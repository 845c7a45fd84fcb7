import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { REGION } from '../../stack/identifiers.ts';
import { bucketError, denial } from '../refusal.ts';
import { headerPairs, type SentRequest } from '../sent-request.ts';
import type { Answer } from '../upstream.ts';
import { isEqual, parseDate, parseScope, SECRET } from './signing-key.ts';

/** No link signs a body. */
const BODY_HASH = 'x-amz-content-sha256';
const MAX_SECONDS = 7 * 86_400;

/** Whose permissions count: the function that signed, by its logical id. */
export type Signed = { readonly signer: string } | { readonly refused: Answer };

/**
 * Who signed a link; or S3's refusal of one that has ended, is another one's, or was changed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function signerOfLink(
  { method, path, headers }: SentRequest,
  nowMs: number,
  isKnown: (accessKeyId: string) => boolean,
): Promise<Signed> {
  const { pathname, searchParams } = new URL(path, 'http://s3');
  const signedAt = parseDate(searchParams.get('X-Amz-Date') ?? '');
  const seconds = Number(searchParams.get('X-Amz-Expires'));
  if (signedAt === undefined || !(seconds > 0 && seconds <= MAX_SECONDS))
    return {
      refused: bucketError(
        400,
        'AuthorizationQueryParametersError',
        'Error parsing the parameters of the signature',
      ),
    };
  if (nowMs >= signedAt.getTime() + seconds * 1_000) return { refused: denial('s3', 'Request has expired') };
  const scope = parseScope(searchParams.get('X-Amz-Credential') ?? '');
  if (scope === undefined || !isKnown(scope.accessKeyId)) return { refused: unknownKey() };
  const names = new Map(headerPairs(headers));
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
  const expected = await signerAs(scope.accessKeyId).presign(request, {
    signingDate: signedAt,
    expiresIn: seconds,
    unhoistableHeaders: new Set([BODY_HASH]),
    unsignableHeaders: new Set([BODY_HASH]),
  });
  const isSame = ['X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Algorithm'].every(
    (name) => expected.query?.[name] === query[name],
  );
  if (!isSame || !isEqual(claimed, String(expected.query?.['X-Amz-Signature'])))
    return { refused: wrongSignature() };
  return { signer: scope.accessKeyId };
}

function signerAs(accessKeyId: string) {
  return new SignatureV4({
    credentials: { accessKeyId, secretAccessKey: SECRET },
    region: REGION,
    service: 's3',
    sha256: Sha256Node,
    uriEscapePath: false,
    applyChecksum: false,
  });
}

export function unknownKey(): Answer {
  const message = 'The AWS Access Key Id you provided does not exist in our records.';
  return denial('s3', message, 'InvalidAccessKeyId');
}

export function wrongSignature(): Answer {
  return denial(
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
