import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { bucketError, denial } from '../refusal.ts';
import type { Answer } from '../upstream.ts';
import { unknownKey, wrongSignature } from './link.ts';
import { type Policy, parsePolicy, policyRefusal, sizeRefusal } from './policy.ts';
import { ALGORITHM, isEqual, parseDate, parseScope, signatureOf } from './signing-key.ts';

/** An upload by a form that its policy allows. */
export interface Form {
  readonly key: string;
  /** By their names in lower case; what comes after the file is ignored. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: Buffer;
  readonly signer: string;
}

/** S3's own limit for what comes before the file. */
const MAX_FIELD_BYTES = 20 * 1024;
/** Of this machine: a file is in memory for a moment. */
const MAX_FILE_BYTES = 256 * 1024 ** 2;

export function isForm({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^multipart\/form-data/i.test(headers['content-type'] ?? '');
}

interface Allowed {
  readonly signer: string;
  readonly key: string;
  readonly sizes: Policy['sizes'];
}

/**
 * Reads an upload by a form. A file that is refused is read to its end, as a browser shows no answer before, but not kept.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export function readForm(
  request: IncomingMessage,
  bucket: string,
  nowMs: number,
  isKnown: (accessKeyId: string) => boolean,
): Promise<Form | { readonly refused: Answer }> {
  const { promise, resolve } = Promise.withResolvers<Form | { readonly refused: Answer }>();
  const fields = new Map<string, string>();
  let reading: Promise<Form | { readonly refused: Answer }> | undefined;
  let isTooLong = false;
  const malformed = () =>
    resolve({
      refused: bucketError(
        400,
        'MalformedPOSTRequest',
        'The body of your POST request is not well-formed multipart/form-data.',
      ),
    });
  let parser: BusboyInstance;
  try {
    parser = new Busboy({
      headers: request.headers as BusboyHeaders,
      limits: { fieldSize: MAX_FIELD_BYTES, fields: 100, files: 1 },
      isPartAFile: (name) => name === 'file',
    });
  } catch {
    request.resume();
    malformed();
    return promise;
  }
  parser.on('field', (name, value, _, isCut) => {
    isTooLong ||= isCut;
    if (reading === undefined) fields.set(name.toLowerCase(), value);
  });
  parser.on('file', (_, stream) => {
    const allowed = isTooLong ? tooManyFields() : judge(fields, bucket, nowMs, isKnown);
    reading = readFile(stream, fields, allowed);
  });
  parser.on('error', malformed);
  parser.on('finish', () => {
    if (reading !== undefined) void reading.then(resolve, malformed);
    else resolve({ refused: argument('POST requires exactly one file upload per request.') });
  });
  request.on('error', malformed);
  request.pipe(parser);
  return promise;
}

/** What the policy allows, or S3's refusal. */
function judge(
  fields: ReadonlyMap<string, string>,
  bucket: string,
  nowMs: number,
  isKnown: (accessKeyId: string) => boolean,
): Allowed | Answer {
  const key = fields.get('key') ?? '';
  if (key === '') return argument("Bucket POST must contain a field named 'key'. Check the fields' order.");
  const policyText = fields.get('policy');
  if (policyText === undefined) return denial('s3', 'Access Denied');
  const scope = parseScope(fields.get('x-amz-credential'));
  const signedAt = parseDate(fields.get('x-amz-date') ?? '');
  if (scope === undefined || signedAt === undefined || fields.get('x-amz-algorithm') !== ALGORITHM)
    return argument('The form has no signature of version 4.');
  if (!isKnown(scope.accessKeyId)) return unknownKey();
  const isOfThatDay = fields.get('x-amz-date')?.startsWith(scope.day) === true;
  const signature = fields.get('x-amz-signature') ?? '';
  if (!isOfThatDay || !isEqual(signature, signatureOf(policyText, scope))) return wrongSignature();
  const policy = parsePolicy(policyText);
  if ('status' in policy) return policy;
  const refused = policyRefusal(policy, fields, bucket, nowMs);
  return refused ?? { signer: scope.accessKeyId, key, sizes: policy.sizes };
}

async function readFile(
  stream: Readable,
  fields: ReadonlyMap<string, string>,
  allowed: Allowed | Answer,
): Promise<Form | { readonly refused: Answer }> {
  const kept = 'status' in allowed ? 0 : Math.min(allowed.sizes.max, MAX_FILE_BYTES);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= kept) chunks.push(chunk);
  }
  if ('status' in allowed) return { refused: allowed };
  const refused = sizeRefusal({ min: allowed.sizes.min, max: kept }, bytes);
  if (refused !== undefined) return { refused };
  return { key: allowed.key, signer: allowed.signer, fields: new Map(fields), file: Buffer.concat(chunks) };
}

function tooManyFields(): Answer {
  return bucketError(
    400,
    'MaxPostPreDataLengthExceededError',
    'Your POST request fields preceding the upload file were too large.',
  );
}

function argument(message: string): Answer {
  return bucketError(400, 'InvalidArgument', message);
}
