import { bucketError, denial } from '../refusal.ts';
import { headerPairs, type SentRequest } from '../sent-request.ts';
import { type Answer, headerOf } from '../upstream.ts';
import type { BucketInput } from './bucket-request.ts';

type Send = (request: SentRequest) => Promise<Answer>;

export interface ObjectCall {
  readonly operation: string;
  readonly sent: SentRequest;
  readonly input: BucketInput;
  /** Whether the caller may list this bucket. */
  readonly mayList: (bucket: string) => boolean;
}

const WRITES = new Set(['PutObject', 'CopyObject', 'DeleteObject', 'CompleteMultipartUpload']);

/**
 * What S3 does and the emulator does not: conditions of writes, ranges and headers of reads, and the answer about an object that
 * is not there, which only those learn who may list the bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export class ObjectCalls {
  /** Writes of an object, one after the other: between a condition's check and its write no other one may come. */
  readonly #writing = new Map<string, Promise<unknown>>();

  async send(call: ObjectCall, send: Send): Promise<Answer> {
    if (WRITES.has(call.operation)) return this.#write(call, send);
    if (call.operation !== 'GetObject' && call.operation !== 'HeadObject') return send(call.sent);
    const invalid = refusalOfOverrides(call.sent);
    if (invalid !== undefined) return invalid;
    const answer = await send({ ...call.sent, headers: withUsableRange(call.sent.headers) });
    return hideAbsence(call, answer, call.input.Bucket) ?? readAnswer(call.sent, answer);
  }

  async #write(call: ObjectCall, send: Send): Promise<Answer> {
    const name = `${call.input.Bucket}/${call.input.Key}`;
    const before = this.#writing.get(name);
    const writing = (async () => {
      await before?.catch(() => undefined);
      return (await refusalOfConditions(call, send)) ?? (await send(call.sent));
    })();
    this.#writing.set(name, writing);
    try {
      const answer = await writing;
      const source = call.input.CopySource?.Bucket;
      return (source === undefined ? undefined : hideAbsence(call, answer, source)) ?? answer;
    } finally {
      if (this.#writing.get(name) === writing) this.#writing.delete(name);
    }
  }
}

async function refusalOfConditions(
  { operation, sent, input }: ObjectCall,
  send: Send,
): Promise<Answer | undefined> {
  if (operation === 'DeleteObject') return undefined;
  const headers = new Map(headerPairs(sent.headers));
  const none = headers.get('if-none-match');
  if (none !== undefined && none !== '*')
    return bucketError(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
    );
  const { pathname } = new URL(sent.path, 'http://s3');
  if (none === '*' && (await etagOf(pathname, send)) !== undefined) return failedCondition('If-None-Match');
  const match = headers.get('x-amz-copy-source-if-match');
  if (match === undefined || input.CopySource === undefined) return undefined;
  const { Bucket, Key } = input.CopySource;
  const etag = await etagOf(`/${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`, send);
  // The copy itself answers for a source that is not there.
  if (etag === undefined || unquoted(etag) === unquoted(match)) return undefined;
  return failedCondition('x-amz-copy-source-If-Match');
}

async function etagOf(path: string, send: Send): Promise<string | undefined> {
  const answer = await send({ method: 'HEAD', path, headers: [], body: Buffer.alloc(0) });
  return answer.status === 200 ? headerOf(answer, 'etag') : undefined;
}

function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

function failedCondition(condition: string): Answer {
  return bucketError(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    `<Condition>${condition}</Condition>`,
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax, "Permissions" */
function hideAbsence({ mayList }: ObjectCall, { status }: Answer, bucket: string): Answer | undefined {
  return status === 404 && !mayList(bucket) ? denial('s3', 'Access Denied') : undefined;
}

const OVERRIDES =
  /^response-(content-type|content-language|expires|cache-control|content-disposition|content-encoding)$/;

function overridesOf(path: string): (readonly [string, string])[] {
  return [...new URL(path, 'http://s3').searchParams].flatMap(([name, value]) => {
    const [, header] = OVERRIDES.exec(name) ?? [];
    return header === undefined ? [] : [[header, value] as const];
  });
}

function refusalOfOverrides({ path }: SentRequest): Answer | undefined {
  const isText = overridesOf(path).every(([, value]) => /^[\t\x20-\x7e\xa0-\xff]*$/.test(value));
  if (isText) return undefined;
  return bucketError(400, 'InvalidArgument', 'Header value cannot be represented using ISO-8859-1.');
}

/** S3 gives the whole object for a range that it does not understand, and for one of several parts. */
function withUsableRange(headers: readonly string[]): string[] {
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? ''] as const] : []));
  return pairs
    .filter(([name, value]) => name.toLowerCase() !== 'range' || /^bytes=(\d+-\d*|-\d+)$/.test(value))
    .flat();
}

function readAnswer({ path }: SentRequest, { status, headers, body }: Answer): Answer {
  if (status !== 200 && status !== 206) return { status, headers, body };
  const overrides = new Map(overridesOf(path));
  const kept = headerPairs(headers).filter(([name]) => !overrides.has(name));
  return { status, headers: [...kept, ...overrides, ['accept-ranges', 'bytes']].flat(), body };
}
