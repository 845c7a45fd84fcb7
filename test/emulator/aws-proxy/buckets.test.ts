import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { CorsRule, Permission } from '../../../local/model.ts';
import { functionOf } from '../runtime/bundle.ts';
import { EMPTY_STACK } from '../stack-models.ts';
import { failureOf, newName, useEmulators } from './proxy-fixture.ts';
import { presignedForm, presignedGet } from './signed.ts';

const { startProxy } = useEmulators();

const PAGE = 'http://127.0.0.1:8788';
const CORS: CorsRule = {
  allowedOrigins: [PAGE],
  allowedMethods: ['POST', 'GET'],
  allowedHeaders: ['*'],
  exposedHeaders: ['ETag'],
  maxAgeSeconds: 3_600,
};

interface Options {
  /** Of the function Fn, on the bucket or its objects. */
  readonly role?: readonly (readonly [action: string, prefix?: string])[];
  readonly cors?: readonly CorsRule[];
}

/** A bucket, and what the function Fn signs for it. */
async function setUp({ role, cors = [] }: Options = {}) {
  const fixture = await startProxy();
  const bucket = newName('files');
  await fixture.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const permissions = role?.map(
    ([action, prefix]): Permission => ({
      actions: [`s3:${action}`],
      resources: [`arn:aws:s3:::${bucket}${prefix === undefined ? '' : `/${prefix}`}`],
    }),
  );
  const fn = functionOf('', { logicalId: 'Fn', ...(permissions && { permissions }) });
  const buckets = [{ logicalId: 'Files', bucketName: bucket, cors, expiry: [] }];
  fixture.endpoints.serveStack?.({ ...EMPTY_STACK, functions: [fn], buckets }, () => undefined);
  fixture.proxy.reset();
  const url = `${fixture.endpoints.s3}/${bucket}`;
  const put = (Key: string, Body = 'hi') =>
    fixture.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  return { ...fixture, bucket, url, put };
}

const FIELDS = { key: 'pending/a', 'Content-Type': 'image/png' };

/** Posts a form as a browser does. */
async function post(
  url: string,
  fields: Readonly<Record<string, string>>,
  file: string | Uint8Array<ArrayBuffer> | undefined = 'hello',
  headers: Readonly<Record<string, string>> = {},
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file !== undefined) form.append('file', new Blob([file]), 'name.png');
  const response = await fetch(url, { method: 'POST', body: form, headers });
  const body = await response.text();
  const text = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(body)?.[1];
  return {
    status: response.status,
    headers: response.headers,
    body,
    code: text('Code'),
    message: text('Message'),
  };
}

describe('an upload by a form', () => {
  it('is stored with its type and what it says of itself, and answered as S3 does', async () => {
    const { bucket, url, s3 } = await setUp();
    const fields = presignedForm(bucket, { ...FIELDS, 'x-amz-meta-name': 'a' });
    const answer = await post(url, fields);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(answer.headers.get('location')).toBe(`${url}/pending/a`);
    const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'pending/a' }));
    expect(stored).toMatchObject({
      ContentType: 'image/png',
      Metadata: { name: 'a' },
      ETag: answer.headers.get('etag'),
    });
    expect(await stored.Body?.transformToString()).toBe('hello');
    const told = await post(url, presignedForm(bucket, { ...FIELDS, success_action_status: '201' }));
    expect(told.status).toBe(201);
    expect(told.body).toContain(`<Bucket>${bucket}</Bucket><Key>pending/a</Key>`);
  });

  it('may have 25 MB, which the emulator takes in parts alone', async () => {
    const { bucket, url, s3 } = await setUp();
    const file = new Uint8Array(25 * 1024 ** 2).fill(7);
    const sizes = { sizes: [file.length, file.length] } as const;
    expect(await post(url, presignedForm(bucket, FIELDS, sizes), file)).toMatchObject({ status: 204 });
    const stored = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'pending/a' }));
    expect(stored).toMatchObject({ ContentLength: file.length, ContentType: 'image/png' });
    const source = `${bucket}/pending/a`;
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'sent/a', CopySource: source }));
    const copy = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'sent/a' }));
    expect(copy).toMatchObject({ ContentLength: file.length, ContentType: 'image/png' });
  });

  it.each([
    ['of another key', { key: 'pending/b' }, 'Policy Condition failed: ["eq","$key","pending/a"]'],
    [
      'of another type',
      { 'Content-Type': 'text/html' },
      'Policy Condition failed: ["eq","$content-type","image/png"]',
    ],
    ['with a field that its policy does not name', { acl: 'public-read' }, 'Extra input fields: acl'],
  ])('is refused %s', async (_, changed, reason) => {
    const { bucket, url, s3 } = await setUp();
    const answer = await post(url, { ...presignedForm(bucket, FIELDS), ...changed });
    const message = `Invalid according to Policy: ${reason}`;
    expect(answer).toMatchObject({ status: 403, code: 'AccessDenied', message });
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(KeyCount).toBe(0);
  });

  it('is refused when it is larger or smaller than its policy says', async () => {
    const { bucket, url } = await setUp();
    const fields = presignedForm(bucket, FIELDS, { sizes: [5, 5] });
    expect(await post(url, fields, 'hello')).toMatchObject({ status: 204 });
    expect(await post(url, fields, 'hello!')).toMatchObject({ status: 400, code: 'EntityTooLarge' });
    expect(await post(url, fields, 'hell')).toMatchObject({ status: 400, code: 'EntityTooSmall' });
  });

  it('is refused when its policy has ended, was changed, is of another bucket, or of nobody known', async () => {
    const { bucket, url } = await setUp();
    const late = presignedForm(bucket, FIELDS, { nowMs: Date.now() - 900_001 });
    expect(await post(url, late)).toMatchObject({
      status: 403,
      message: 'Invalid according to Policy: Policy expired.',
    });
    const mine = presignedForm(bucket, FIELDS);
    const other = presignedForm(bucket, { ...FIELDS, key: 'pending/b' });
    expect(await post(url, { ...other, 'x-amz-signature': mine['x-amz-signature'] ?? '' })).toMatchObject({
      status: 403,
      code: 'SignatureDoesNotMatch',
    });
    const elsewhere = presignedForm('another', FIELDS);
    expect(await post(url, elsewhere)).toMatchObject({ status: 403, code: 'AccessDenied' });
    const stranger = presignedForm(bucket, FIELDS, { signer: 'Stranger' });
    expect(await post(url, stranger)).toMatchObject({ status: 403, code: 'InvalidAccessKeyId' });
    const { policy: _, ...unsigned } = mine;
    expect(await post(url, unsigned)).toMatchObject({ status: 403, code: 'AccessDenied' });
  });

  it('is refused without a key, a file, or a form', async () => {
    const { bucket, url } = await setUp();
    const fields = presignedForm(bucket, FIELDS);
    const { key: _, ...keyless } = fields;
    expect(await post(url, keyless)).toMatchObject({ status: 400, code: 'InvalidArgument' });
    const noFile = new FormData();
    for (const [name, value] of Object.entries(fields)) noFile.append(name, value);
    const answer = await fetch(url, { method: 'POST', body: noFile });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('exactly one file')]);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const broken = await fetch(url, { method: 'POST', body: 'nothing', headers });
    expect([broken.status, await broken.text()]).toEqual([400, expect.stringContaining('<Code>')]);
  });

  it('ignores what comes after the file', async () => {
    const { bucket, url, s3 } = await setUp();
    const form = new FormData();
    for (const [name, value] of Object.entries(presignedForm(bucket, FIELDS))) form.append(name, value);
    form.append('file', new Blob(['hello']));
    form.append('key', 'pending/other');
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(['pending/a']);
  });

  it('may do what the function that signed it may, and no more', async () => {
    const { bucket, url } = await setUp({ role: [['PutObject', 'pending/*']] });
    expect(await post(url, presignedForm(bucket, FIELDS, { signer: 'Fn' }))).toMatchObject({ status: 204 });
    const beyond = presignedForm(bucket, { ...FIELDS, key: 'sent/a' }, { signer: 'Fn' });
    expect(await post(url, beyond)).toMatchObject({ status: 403, code: 'AccessDenied' });
  });

  it('is counted, and can fail by a fault', async () => {
    const { bucket, url, proxy, s3 } = await setUp();
    proxy.inject({ fault: 'error-after', service: 's3', operation: 'PostObject', times: 1 });
    const fields = presignedForm(bucket, FIELDS, { signer: 'Fn' });
    expect(await post(url, fields)).toMatchObject({ status: 500, code: 'InternalError' });
    expect(await post(url, fields)).toMatchObject({ status: 204 });
    await fetch(await presignedGet(url, 'pending/a'));
    expect(await failureOf(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'pending/a' })))).toBe(
      'none',
    );
    expect(proxy.counts({ function: 'visitor' }).rows).toMatchObject([
      { service: 's3', operation: 'PostObject', target: bucket, calls: 2, failed: 1, bytesOut: 10 },
      { service: 's3', operation: 'GetObject', target: bucket, calls: 1, failed: 0, bytesIn: 5 },
    ]);
  });
});

describe('a link to an object', () => {
  it('sets the headers that it names, and gives ranges, as players need them', async () => {
    const { url, put } = await setUp();
    await put('sent/a', '0123456789');
    const disposition = `attachment; filename*=UTF-8''%E2%80%AEgnp.exe`;
    const link = await presignedGet(url, 'sent/a', {
      'response-content-type': 'application/octet-stream',
      'response-content-disposition': disposition,
    });
    const whole = await fetch(link);
    expect(await whole.text()).toBe('0123456789');
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-disposition': disposition,
    });
    const read = async (range: string) => {
      const response = await fetch(link, { headers: { range } });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    expect(await read('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await read('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await read('bytes=0-0,5-6')).toEqual([200, null, '0123456789']);
    expect((await read('bytes=10-'))[0]).toBe(416);
    const etag = whole.headers.get('etag') ?? '';
    expect((await fetch(link, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('is refused with other headers than it was signed for, and with those that HTTP does not take', async () => {
    const { url, put } = await setUp();
    await put('sent/a');
    const link = await presignedGet(url, 'sent/a', { 'response-content-type': 'image/png' });
    expect((await fetch(link.replace('image%2Fpng', 'text%2Fhtml'))).status).toBe(403);
    const split = await presignedGet(url, 'sent/a', { 'response-content-disposition': 'a\r\nset-cookie: b' });
    expect((await fetch(split)).status).toBe(400);
    expect((await fetch(link, { method: 'PUT', body: 'other' })).status).toBe(403);
    expect((await fetch(link, { method: 'DELETE' })).status).toBe(403);
  });

  it('may do what the function that signed it may, and does not say what is missing', async () => {
    const { url, put } = await setUp({
      role: [
        ['GetObject', 'sent/*'],
        ['PutObject', '*'],
      ],
    });
    await Promise.all([put('sent/a'), put('pending/a')]);
    const statusOf = async (key: string) => (await fetch(await presignedGet(url, key, {}, 'Fn'))).status;
    expect(await statusOf('sent/a')).toBe(200);
    expect(await statusOf('pending/a')).toBe(403);
    expect(await statusOf('sent/missing')).toBe(403);
  });
});

describe('a page', () => {
  const preflightOf = (origin: string, method = 'POST') => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type',
    },
  });

  it('may write and read as the bucket’s CORS says', async () => {
    const { bucket, url } = await setUp({ cors: [CORS] });
    const allowed = await fetch(url, preflightOf(PAGE));
    expect(allowed.status).toBe(200);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'POST, GET',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '3600',
    });
    expect((await fetch(url, preflightOf('http://evil.example'))).status).toBe(403);
    expect((await fetch(url, preflightOf(PAGE, 'DELETE'))).status).toBe(403);
    const stored = await post(url, presignedForm(bucket, FIELDS), 'hello', { origin: PAGE });
    expect(stored.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(stored.headers.get('access-control-expose-headers')).toBe('ETag');
    const link = await presignedGet(url, 'pending/a');
    const read = await fetch(link, { headers: { origin: 'http://evil.example' } });
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
    const refused = await post(url, { key: 'a' }, 'hello', { origin: PAGE });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, PAGE]);
  });

  it('gets no access to a bucket without CORS', async () => {
    const { url } = await setUp();
    const answer = await fetch(url, preflightOf(PAGE));
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('CORS is not enabled'),
    ]);
  });
});

describe('a copy', () => {
  it('is made once, and only of what it names', async () => {
    const { bucket, s3, put, proxy } = await setUp();
    const { ETag = '' } = await put('pending/a', 'first');
    const source = `${bucket}/pending/a`;
    const copy = (condition: object) =>
      s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'sent/a', CopySource: source, ...condition }));
    await put('pending/a', 'second');
    expect(await failureOf(copy({ CopySourceIfMatch: ETag }))).toBe('PreconditionFailed');
    expect(await failureOf(copy({ IfNoneMatch: '*' }))).toBe('none');
    await put('pending/a', 'third');
    expect(await failureOf(copy({ IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'sent/a' }));
    expect(await Body?.transformToString()).toBe('second');
    expect(proxy.counts({ service: 's3' }).rows).toMatchObject([
      { operation: 'PutObject', calls: 3 },
      { operation: 'CopyObject', calls: 3, failed: 2 },
      { operation: 'GetObject', calls: 1 },
    ]);
  });

  it('needs both permissions, and learns that its source is missing only with that to list', async () => {
    const copy = (bucket: string, s3: S3Client, from: string) =>
      failureOf(
        s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'sent/a', CopySource: `${bucket}/${from}` })),
      );
    const rights = [
      ['GetObject', 'pending/*'],
      ['PutObject', '*'],
    ] as const;
    const { bucket, s3, put } = await setUp({ role: rights });
    await Promise.all([put('pending/a'), put('other/a')]);
    expect(await copy(bucket, s3, 'pending/a')).toBe('none');
    expect(await copy(bucket, s3, 'other/a')).toBe('AccessDenied');
    expect(await copy(bucket, s3, 'pending/missing')).toBe('AccessDenied');
    const lister = await setUp({ role: [...rights, ['ListBucket']] });
    expect(await copy(lister.bucket, lister.s3, 'pending/missing')).toBe('NoSuchKey');
  });
});

describe('a deletion of many', () => {
  it('needs the permission for each', async () => {
    const { bucket, s3, put } = await setUp({
      role: [
        ['DeleteObject', 'sent/*'],
        ['PutObject', '*'],
      ],
    });
    await Promise.all([put('sent/a'), put('sent/b'), put('pending/a')]);
    const remove = (...keys: string[]) =>
      failureOf(
        s3.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
        ),
      );
    expect(await remove('sent/a', 'pending/a')).toBe('AccessDenied');
    expect(await remove('sent/a', 'sent/b')).toBe('none');
  });
});
