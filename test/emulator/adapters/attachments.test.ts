import { randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createAttachmentFiles,
  createAttachmentForms,
  createAttachmentLinks,
} from '../../../lambdas/adapters/attachment-bucket.ts';
import { createAttachmentFolders } from '../../../lambdas/adapters/attachment-folders.ts';
import {
  type AttachmentFiles,
  type AttachmentFolders,
  type AttachmentRecords,
  pendingKey,
  sentKey,
} from '../../../lambdas/domain/model/attachment.ts';
import { createAwsProxy } from '../../../local/aws-proxy/index.ts';
import { createBuckets } from '../../../local/emulators/buckets.ts';
import { s3Client } from '../../../local/emulators/clients.ts';
import type { Emulator } from '../../../local/emulators/emulator.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { inMemoryAttachments } from '../../adapters/memory/attachments.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { attachToS3 } from './only-s3.ts';
import { newName, startTables } from './tables.ts';

const ENV = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
const bucket = 'attachments-1';
let now = NOON;
const memory = inMemoryAttachments(() => now);
const proxy = createAwsProxy();
let emulator: Emulator;
let endpoints: Awaited<ReturnType<typeof proxy.attach>>;
let client: S3Client;
let real: AttachmentFiles & AttachmentFolders;
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  [emulator, tables] = await Promise.all([startSqs(), startTables(() => now)]);
  endpoints = await attachToS3(proxy, emulator.endpoint);
  client = s3Client(endpoints.s3);
  await createBuckets(client, [{ bucketName: bucket }]);
  const env = { ...ENV, AWS_ENDPOINT_URL_S3: endpoints.s3 };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  real = { ...createAttachmentFiles(bucket, env), ...createAttachmentFolders(bucket) };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  client?.destroy();
  await endpoints?.close?.();
  await emulator?.stop();
  await tables?.stop();
});

const inBucket = (key: string): Promise<string | undefined> =>
  client.send(new GetObjectCommand({ Bucket: bucket, Key: key })).then(
    ({ Body, ContentType }) => Body?.transformToString().then((text) => `${ContentType}: ${text}`),
    () => undefined,
  );

describe.each([
  [
    'memory',
    (): AttachmentFiles & AttachmentFolders => memory,
    async (key: string, text: string): Promise<void> => {
      memory.objects.set(key, `text/plain: ${text}`);
    },
    async (key: string): Promise<string | undefined> => memory.objects.get(key),
  ],
  [
    'S3',
    (): AttachmentFiles & AttachmentFolders => real,
    async (Key: string, Body: string): Promise<void> => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType: 'text/plain' }));
    },
    inBucket,
  ],
] as const)('on %s, the file of a message', (_, filesOf, put, read) => {
  const places = () => {
    const from = newName('user');
    const message = { from, conversationId: `dm:${from}:b`, clientMsgId: 'c1' };
    return [pendingKey(from, ulid()), sentKey(message, ulid()), from] as const;
  };

  it('is a copy with its type, which a second copy does not replace (IM-FILE-2)', async () => {
    const [from, to] = places();
    await put(from, 'first');
    expect(await filesOf().copy(from, to)).toBe(true);
    await put(from, 'second');
    expect(await filesOf().copy(from, to)).toBe(true);
    expect(await read(to)).toBe('text/plain: first');
  });

  it('is not there without its source, which need not be listed (IM-FILE-2)', async () => {
    const [from, to] = places();
    expect(await filesOf().copy(from, to)).toBe(false);
    expect(await read(to)).toBeUndefined();
  });

  it('is deleted, also if it is not there (IM-FILE-4)', async () => {
    const [from, to] = places();
    await put(from, 'text');
    await filesOf().copy(from, to);
    await filesOf().remove(to);
    await filesOf().remove(to);
    expect(await read(to)).toBeUndefined();
    expect(await read(from)).toBe('text/plain: text');
  });

  it('is deleted with all that its user has uploaded and sent, and nothing else (IM-ERASE-4)', async () => {
    const [[from, to, user], [other]] = [places(), places()];
    for (const key of [from, to, `${to}.thumbnail`, other]) await put(key, 'text');
    expect(await filesOf().empty(user)).toBe(3);
    expect(await filesOf().empty(user)).toBe(0);
    expect(await read(other)).toBe('text/plain: text');
  });
});

describe.each([
  ['memory', (): AttachmentRecords => memory],
  ['DynamoDB', (): AttachmentRecords => tables.attachmentRecords],
])('on %s, the record of an upload', (_, recordsOf) => {
  const attachment = { name: 'Kätzchen.jpg', size: 1, type: 'image/jpeg', width: 2 };
  const conversationId = 'dm:a:b';

  it('is found by its owner at once, for a day (IM-FILE-1, IM-FILE-4)', async () => {
    const [owner, other] = [newName('user'), newName('user')];
    const ids = [ulid(), ulid()] as const;
    for (const attachmentId of ids)
      await recordsOf().put({ owner, conversationId, attachment: { attachmentId, ...attachment } });
    const found = await recordsOf().find(owner, [...ids, ulid()]);
    const record = (attachmentId: string) => ({
      owner,
      conversationId,
      attachment: { attachmentId, ...attachment },
    });
    expect(found).toEqual(new Map(ids.map((id) => [id, record(id)])));
    expect((await recordsOf().find(other, ids)).size).toBe(0);
    now += LIMITS.attachmentPendingSeconds * 1_000;
    expect((await recordsOf().find(owner, ids)).size).toBe(0);
    now = NOON;
  });
});

it('the records of uploads are deleted with their owner’s other rows (IM-ERASE-4)', async () => {
  const [owner, other] = [newName('user'), newName('user')];
  const attachment = { attachmentId: ulid(), name: 'a', size: 1, type: 'text/plain' };
  for (const user of [owner, other])
    await tables.attachmentRecords.put({ owner: user, conversationId: 'dm:a:b', attachment });
  expect(await tables.person.forgetRows(owner, 'files', 25)).toBe(1);
  expect((await tables.attachmentRecords.find(owner, [attachment.attachmentId])).size).toBe(0);
  expect((await tables.attachmentRecords.find(other, [attachment.attachmentId])).size).toBe(1);
});

describe('S3', () => {
  const key = () => pendingKey(randomUUID(), ulid());
  const copyWith = async (fault: 'error' | 'hang') => {
    const env = { ...ENV, AWS_ENDPOINT_URL_S3: endpoints.s3, AWS_SDK_UA_APP_ID: 'caller-Socket' };
    const rule = proxy.inject({ function: 'Socket', service: 's3', fault });
    const files = createAttachmentFiles(bucket, env, { copyTimeoutMs: 100 });
    await expect(files.copy(key(), key())).rejects.toMatchObject({ code: 'unavailable' });
    rule.remove();
    proxy.releaseHangs();
  };

  it('that fails or hangs makes a copy unavailable (IM-FILE-2)', async () => {
    await copyWith('error');
    await copyWith('hang');
  });

  it('that denies the signature is a fault, and no missing file (IM-FILE-2)', async () => {
    const refusing = createAttachmentFiles('no-such-bucket', {
      ...ENV,
      AWS_ENDPOINT_URL_S3: emulator.endpoint,
    });
    await expect(refusing.remove(key())).rejects.toThrow('DeleteObject: S3 answered 404');
  });
});

it('a form and a link are signed as AWS documents them, with the token of a role (IM-FILE-1, IM-FILE-3)', async () => {
  const env = { ...ENV, AWS_REGION: 'eu-central-1', AWS_SESSION_TOKEN: 'to/k+n' };
  const nowMs = Date.UTC(2026, 10, 28, 12);
  const facts = { key: 'pending/a/B', type: 'image/jpeg', size: 7 };
  const { url, fields } = await createAttachmentForms('bucket', env).formFor(facts, nowMs);
  expect(url).toBe('https://bucket.s3.eu-central-1.amazonaws.com');
  const { Policy = '', 'X-Amz-Signature': signature, ...signed } = fields;
  expect(signed).toEqual({
    bucket: 'bucket',
    key: 'pending/a/B',
    'Content-Type': 'image/jpeg',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'local/20261128/eu-central-1/s3/aws4_request',
    'X-Amz-Date': '20261128T120000Z',
    'X-Amz-Security-Token': 'to/k+n',
  });
  expect(signature).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(Buffer.from(Policy, 'base64').toString())).toEqual({
    expiration: '2026-11-28T12:15:00.000Z',
    conditions: [
      ['content-length-range', 7, 7],
      ...Object.entries(signed).map(([name, value]) => ({ [name]: value })),
    ],
  });

  const links = createAttachmentLinks('bucket', env);
  const how = { type: 'image/jpeg', disposition: 'inline', name: "Kätz (1)'*.jpg" } as const;
  const link = new URL(await links.linkTo('sent/a/b/C', how, nowMs, 600));
  expect(link.origin + link.pathname).toBe('https://bucket.s3.eu-central-1.amazonaws.com/sent/a/b/C');
  expect(Object.fromEntries(link.searchParams)).toMatchObject({
    'X-Amz-Date': '20261128T120000Z',
    'X-Amz-Expires': '600',
    'response-content-type': 'image/jpeg',
    'response-content-disposition': "inline; filename*=UTF-8''K%C3%A4tz%20%281%29%27%2a.jpg",
  });
  expect(link.search).not.toContain('+');
});
