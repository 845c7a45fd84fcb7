import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createArchiveEditor,
  createArchiveReader,
  createArchiveWriter,
} from '../../../lambdas/adapters/archive-bucket.ts';
import type { ArchiveReader } from '../../../lambdas/domain/model/archive.ts';
import { createBuckets } from '../../../local/emulators/buckets.ts';
import { s3Client } from '../../../local/emulators/clients.ts';
import type { Emulator } from '../../../local/emulators/emulator.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';

let emulator: Emulator;
let client: S3Client;
beforeAll(async () => {
  emulator = await startSqs();
  client = s3Client(emulator.endpoint);
});
afterAll(async () => {
  client.destroy();
  await emulator.stop();
});

let count = 0;
async function newBucket(): Promise<string> {
  count += 1;
  const bucketName = `archive-${count}`;
  await createBuckets(client, [{ bucketName }]);
  return bucketName;
}

function useEndpoint(endpoint: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

function writerAt(endpoint: string, bucket: string, timeoutMs?: number) {
  useEndpoint(endpoint);
  return createArchiveWriter(bucket, timeoutMs);
}

async function all(reader: ArchiveReader, fromMs = 0): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of reader.lines(fromMs)) lines.push(line);
  return lines;
}

const at = (time: string) => Date.parse(`2026-11-${time}Z`);

describe('the archive in a bucket', () => {
  it('is edited object by object, in the order of their keys (IM-ERASE-4)', async () => {
    const bucket = await newBucket();
    const writer = writerAt(emulator.endpoint, bucket);
    for (const hour of ['10', '08', '09'])
      await writer.put({ deletedAtMs: at(`28T${hour}:00:00`), id: hour, lines: [`{"n":${Number(hour)}}`] });
    const editor = createArchiveEditor(bucket);
    const first = await editor.keys(undefined, 2);
    const [a = '', b = ''] = first.keys;
    expect(first).toEqual({ keys: [a, b], hasMore: true });
    const rest = await editor.keys(b, 2);
    expect(rest).toMatchObject({ keys: [expect.stringContaining('/10/')], hasMore: false });
    await editor.replace(b, ['{"n":"é"}', '{"n":2}']);
    expect(await editor.linesOf(b)).toEqual(['{"n":"é"}', '{"n":2}']);
    expect(await all(createArchiveReader(client, bucket))).toEqual([
      '{"n":8}',
      '{"n":"é"}',
      '{"n":2}',
      '{"n":10}',
    ]);
  });

  it('has an object a batch, by the hour, which a repeat replaces (IM-ARCHIVE-1)', async () => {
    const bucket = await newBucket();
    const writer = writerAt(emulator.endpoint, bucket);
    const batch = { deletedAtMs: at('28T09:59:59'), id: '7-abc', lines: ['{"n":1}', '{"n":"\\u00e9 ✓"}'] };
    await writer.put(batch);
    await writer.put(batch);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(['messages/2026/11/28/09/7-abc.jsonl.gz']);
    const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: Contents[0]?.Key }));
    expect(object.ContentType).toBe('application/gzip');
    const bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
    expect(gunzipSync(bytes).toString()).toBe(`${batch.lines.join('\n')}\n`);
    expect(await all(createArchiveReader(client, bucket))).toEqual(batch.lines);
  });

  it('is neither read from nor edited in what else the bucket has', async () => {
    const bucket = await newBucket();
    useEndpoint(emulator.endpoint);
    for (const Key of ['exports/x.jsonl.gz', 'notes/x.jsonl.gz'])
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
    expect(await createArchiveEditor(bucket).keys(undefined, 10)).toEqual({ keys: [], hasMore: false });
    expect(await all(createArchiveReader(client, bucket))).toEqual([]);
  });

  it('is read from an hour on, the earliest first (IM-ARCHIVE-3)', async () => {
    const bucket = await newBucket();
    const writer = writerAt(emulator.endpoint, bucket);
    await writer.put({ deletedAtMs: at('28T08:30:00'), id: '1-a', lines: ['early'] });
    for (let n = 0; n < 3; n += 1)
      await writer.put({ deletedAtMs: at('28T09:30:00'), id: `${n}-a`, lines: [`${n}`] });
    expect(await all(createArchiveReader(client, bucket))).toEqual(['early', '0', '1', '2']);
    expect(await all(createArchiveReader(client, bucket), at('28T09:45:00'))).toEqual(['0', '1', '2']);
    expect(await all(createArchiveReader(client, bucket), at('28T10:00:00'))).toEqual([]);
  });

  it('gives up on S3 that never answers, in time for Lambda to repeat the batch (IM-ARCHIVE-1)', async () => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      silent.close();
      silent.closeAllConnections();
    });
    const { port } = silent.address() as AddressInfo;
    const writer = writerAt(`http://127.0.0.1:${port}`, 'any', 50);
    const batch = { deletedAtMs: at('28T09:00:00'), id: '1-a', lines: ['{}'] };
    await expect(writer.put(batch)).rejects.toThrow();
  });
});
