import { randomUUID } from 'node:crypto';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createExportFiles } from '../../../lambdas/adapters/export-bucket.ts';
import { createExportLinks } from '../../../lambdas/adapters/export-links.ts';
import { type ExportFiles, PART_BYTES } from '../../../lambdas/domain/model/export-file.ts';
import { createAwsProxy } from '../../../local/aws-proxy/index.ts';
import { createBuckets } from '../../../local/emulators/buckets.ts';
import { s3Client } from '../../../local/emulators/clients.ts';
import type { Emulator } from '../../../local/emulators/emulator.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { inMemoryExports } from '../../adapters/memory/exports.ts';
import { attachToS3 } from './only-s3.ts';

const ENV = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
const bucket = 'exports-1';
let emulator: Emulator;
let client: S3Client;
let real: ExportFiles;
const proxy = createAwsProxy();
/** The stack's S3, as a browser reaches it. */
let endpoints: Awaited<ReturnType<typeof proxy.attach>>;
beforeAll(async () => {
  emulator = await startSqs();
  endpoints = await attachToS3(proxy, emulator.endpoint);
  client = s3Client(emulator.endpoint);
  await createBuckets(client, [{ bucketName: bucket }]);
  for (const [name, value] of Object.entries({
    ...ENV,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_SDK_UA_APP_ID: 'caller-RunTasks',
  }))
    vi.stubEnv(name, value);
  real = createExportFiles(bucket);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  client.destroy();
  await endpoints.close?.();
  await emulator.stop();
});

const memory = inMemoryExports();
const objectOf = async (taskId: string) =>
  client.send(new GetObjectCommand({ Bucket: bucket, Key: `exports/${taskId}.jsonl` }));

describe.each([
  ['memory', () => memory, async (taskId: string) => memory.files.get(taskId)],
  ['S3', () => real, async (taskId: string) => (await objectOf(taskId)).Body?.transformToString()],
] as const)('on %s, the file of an export', (_, filesOf, read) => {
  const long = (letter: string) => letter.repeat(PART_BYTES);

  it('is made of its parts in their order, of which a repeat replaces one (IM-ERASE-3)', async () => {
    const files = filesOf();
    const upload = await files.begin(randomUUID());
    await files.putPart(upload, 1, long('x'));
    const first = (await files.putPart(upload, 1, long('é'))) ?? '';
    const second = (await files.putPart(upload, 2, 'the end\n')) ?? '';
    expect(await files.complete(upload, [first, second])).toBe(true);
    expect(await read(upload.name)).toBe(`${long('é')}the end\n`);
  });

  it('is not made of parts that are others, or of an upload that is gone (IM-ERASE-3)', async () => {
    const files = filesOf();
    const upload = await files.begin(randomUUID());
    const tag = (await files.putPart(upload, 1, 'before')) ?? '';
    const other = (await files.putPart(upload, 1, 'since')) ?? '';
    expect(await files.complete(upload, [tag])).toBe(false);
    expect(await files.complete(upload, [other])).toBe(true);
    expect(await files.complete(upload, [other])).toBe(false);
    expect(await files.putPart(upload, 1, 'late')).toBeUndefined();
    expect(await read(upload.name)).toBe('since');
  });

  it('is deleted with all that its folder has, and nothing else (IM-ERASE-4)', async () => {
    const files = filesOf();
    const [folder, other] = [randomUUID(), randomUUID()];
    for (const name of [`${folder}/T1`, `${folder}/T2`, `${other}/T1`]) {
      const upload = await files.begin(name);
      await files.complete(upload, [(await files.putPart(upload, 1, 'text')) ?? '']);
    }
    const place = await files.keepRest(`${folder}/T3`, 'rest');
    expect(await files.empty(folder)).toBe(3);
    expect(await files.empty(folder)).toBe(0);
    expect(await files.rest(`${folder}/T3`, place)).toBeUndefined();
    expect(await read(`${other}/T1`)).toBe('text');
    expect(await read(`${folder}/T1`).catch(() => undefined)).toBeUndefined();
  });

  it('has a rest for the next page, each in a place of its own', async () => {
    const files = filesOf();
    const [taskId, text] = [randomUUID(), 'é ✓\n'];
    const place = await files.keepRest(taskId, text);
    expect(await files.keepRest(taskId, 'of another worker')).not.toBe(place);
    expect(await files.rest(taskId, place)).toBe(text);
    expect(await files.rest(taskId, 'gone')).toBeUndefined();
  });
});

describe('the bucket of exports', () => {
  it('is not taken for empty if access to it is denied: the file would be begun anew for ever (IM-ERASE-3)', async () => {
    const upload = await real.begin('T2');
    proxy.inject({ operation: 'UploadPart', fault: 'error', code: 'AccessDenied' });
    await expect(real.putPart(upload, 1, 'line')).rejects.toMatchObject({ name: 'AccessDenied' });
    proxy.clearFaults();
  });
});

describe('a link to a file', () => {
  async function setUp() {
    const upload = await real.begin('T1');
    await real.complete(upload, [(await real.putPart(upload, 1, '{"kind":"account"}\n')) ?? '']);
    return createExportLinks(bucket, { ...ENV, AWS_ENDPOINT_URL_S3: endpoints.s3 });
  }

  it('gives the file to whoever has it, for an hour, as a download (IM-ERASE-3)', async () => {
    const links = await setUp();
    const nowMs = Date.now();
    const { link, expiresAtMs } = await links.linkTo('T1', nowMs);
    expect(expiresAtMs).toBe(nowMs + 3_600_000);
    const response = await fetch(link);
    expect(await response.text()).toBe('{"kind":"account"}\n');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="T1.jsonl"',
    });
    const { link: late } = await links.linkTo('T1', nowMs - 3_600_001);
    const statusOf = async (url: string) => (await fetch(url)).status;
    expect(await statusOf(late)).toBe(403);
    expect(await statusOf(late.replace('X-Amz-Expires=3600', 'X-Amz-Expires=7200'))).toBe(403);
    expect(await statusOf(link.replace('exports/T1', 'exports/T2'))).toBe(403);
    expect(await statusOf(link.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).toBe(403);
    expect(await statusOf(link.replace(/\?.*/, ''))).toBe(403);
    const other = createExportLinks(bucket, {
      ...ENV,
      AWS_ENDPOINT_URL_S3: endpoints.s3,
      AWS_SECRET_ACCESS_KEY: 'other',
    });
    expect(await statusOf((await other.linkTo('T1', nowMs)).link)).toBe(403);
  });

  it('is signed as AWS documents it, with the token of a role', async () => {
    const env = { ...ENV, AWS_REGION: 'eu-central-1', AWS_SESSION_TOKEN: 'to/k+n' };
    const links = createExportLinks('bucket', env);
    const { link } = await links.linkTo('T1', Date.UTC(2026, 10, 28, 12));
    const { origin, pathname, searchParams } = new URL(link);
    expect(origin + pathname).toBe('https://bucket.s3.eu-central-1.amazonaws.com/exports/T1.jsonl');
    expect(Object.fromEntries(searchParams)).toMatchObject({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'local/20261128/eu-central-1/s3/aws4_request',
      'X-Amz-Date': '20261128T120000Z',
      'X-Amz-Expires': '3600',
      'X-Amz-Security-Token': 'to/k+n',
      'X-Amz-SignedHeaders': 'host',
    });
    const china = createExportLinks('bucket', { ...env, AWS_REGION: 'cn-north-1' });
    const inChina = new URL((await china.linkTo('T1', Date.UTC(2026, 10, 28, 12))).link);
    expect(inChina.host).toBe('bucket.s3.cn-north-1.amazonaws.com.cn');
  });
});
