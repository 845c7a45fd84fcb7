/** @module-tag long */
import { DeleteItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveLines } from '../../cli/admin/archive.ts';
import type { ArchivedMessage } from '../../lambdas/domain/model/archive.ts';
import { type BreakpointStage, steps } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient, s3Client } from '../../local/emulators/clients.ts';
import { platformAssembly } from '../setup/assembly.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { whileTimePasses } from './setup/time.ts';

/** The retention of the assembly, and a day. */
const UNTIL_EXPIRED_SECONDS = 31 * 86_400;
const WORKER = 'ArchiveMessages';

const proxy = createTestProxy();
let stack: Stack;
let s3: S3Client;
let bucket: string;
beforeAll(async () => {
  stack = await startStack({
    cdkOut: await platformAssembly(),
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
  s3 = s3Client(stack.endpoints.s3);
  bucket = stack.outputs['ArchiveBucketName'] ?? '';
});
afterAll(async () => {
  s3?.destroy();
  await stack?.stop();
});

/** Two people, of whom Alice is connected. */
async function newPair() {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  const socket = await stack.join(alice);
  return { alice, bob, socket, conversationId: `dm:${[alice, bob].toSorted().join(':')}` };
}

/** What `npm run admin -- archive --json` prints of the conversation. */
async function archived(conversationId: string): Promise<ArchivedMessage[]> {
  const lines = await archiveLines(['--json', '--conversation', conversationId], { client: s3, bucket });
  return lines.map((line) => JSON.parse(line));
}

const textsOf = (messages: readonly ArchivedMessage[]) =>
  messages.map(({ content }) => (content.type === 'text' ? content.text : content.type));

/** Lets the windows of the batches that are there pass, and time for retries, until these are archived. */
async function untilArchived(conversationId: string, texts: readonly string[]): Promise<ArchivedMessage[]> {
  await stack.untilStreamsRead();
  const wanted = expect.poll(async () => textsOf(await archived(conversationId))).toEqual(texts);
  const advance = (seconds: number) => stack.advanceQueues(60 * seconds);
  await whileTimePasses({ proxy, advance }, Promise.resolve(wanted));
  return archived(conversationId);
}

const objects = async () =>
  (await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents?.map(({ Key }) => Key) ?? [];

/** Runs a DynamoDB command on the table of messages, past the functions. */
async function onMessages<Output>(
  send: (client: ReturnType<typeof dynamoDbClient>, TableName: string) => Promise<Output>,
): Promise<Output> {
  const table = stack.stack.tables.find(({ logicalId }) => logicalId.includes('Messages'));
  const client = dynamoDbClient(stack.endpoints.dynamodb);
  try {
    return await send(client, table?.tableName ?? '');
  } finally {
    client.destroy();
  }
}

const rowsOf = (conversationId: string) =>
  onMessages(async (client, TableName) => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `${conversationId}#0` } },
        ConsistentRead: true,
      }),
    );
    return Items;
  });

let sent = 0;
async function send(socket: TestSocket, to: string, text: string): Promise<void> {
  sent += 1;
  const clientMsgId = `m${sent}`;
  expect(await socket.request(sending(to, text, clientMsgId))).toMatchObject({ type: 'sent' });
}

describe('a message that expires', () => {
  it('is in the archive as its conversation saw it, and gone from history (IM-ARCHIVE-1)', async () => {
    const { alice, bob, socket, conversationId } = await newPair();
    for (const text of ['plain', 'edited later', 'liked', 'secret']) await send(socket, bob, text);
    const change = (seq: number, frame: object) => socket.request({ conversationId, seq, ...frame });
    await change(2, { action: 'edit', editId: 'e1', content: { type: 'text', text: 'edited' } });
    await change(3, { action: 'react', name: '👍', on: true });
    await change(4, { action: 'recall' });
    const before = await historyOf(stack, alice, bob);
    expect(await archived(conversationId)).toEqual([]);

    await stack.expireItems(UNTIL_EXPIRED_SECONDS);
    const messages = await untilArchived(conversationId, ['plain', 'edited', 'liked', 'recalled']);
    expect(await historyOf(stack, alice, bob)).toEqual([]);
    // Alice's history says `mine` of her own reaction; the archive is nobody's.
    const seen = JSON.parse(JSON.stringify(before), (key, value) => (key === 'mine' ? undefined : value));
    expect(messages.map(({ changedAt: _, ...message }) => message)).toEqual(
      seen.toSorted((a: ArchivedMessage, b: ArchivedMessage) => a.seq - b.seq),
    );
    expect(JSON.stringify(messages)).not.toContain('secret');
    expect(messages.map(({ changedAt }) => changedAt !== undefined)).toEqual([false, true, true, true]);
  });

  it('is printed by conversation and time for an operator (IM-ARCHIVE-3)', async () => {
    const { bob, socket, conversationId } = await newPair();
    await send(socket, bob, 'two\nlines\u009b2J\u202e');
    await stack.expireItems(UNTIL_EXPIRED_SECONDS);
    const [message] = await untilArchived(conversationId, ['two\nlines\u009b2J\u202e']);
    const print = (...args: string[]) =>
      archiveLines(['--conversation', conversationId, ...args], { client: s3, bucket });
    const sentAt = new Date(message?.sentAt ?? 0).toISOString();
    expect(await print()).toEqual([
      `${conversationId}  1  ${sentAt}  ${message?.from}: two\\nlines\\u009b2J\\u202e`,
    ]);
    expect(await print('--from', sentAt)).toHaveLength(1);
    expect(await print('--to', sentAt)).toEqual([]);
    expect(await print('--from', '2100-01-01')).toEqual([]);
    await expect(print('--from', 'yesterday')).rejects.toThrow('--from takes a time like');
    await expect(archiveLines([], { client: s3, bucket: 'missing' })).rejects.toThrow(
      'Cannot read the bucket',
    );
  });
});

describe('what does not expire', () => {
  it('is not archived: a message that an operator deletes, and an entry that is no message (IM-ARCHIVE-2)', async () => {
    const { bob, socket, conversationId } = await newPair();
    await send(socket, bob, 'deleted');
    const [row] = await rowsOf(conversationId);
    await onMessages(async (client, TableName) => {
      const { pk, sk } = row ?? {};
      if (pk === undefined || sk === undefined) throw new Error('The message is not stored.');
      await client.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }));
      const claim = { pk, sk: { S: 'someone#claimed' } };
      const values = { ':true': { BOOL: true }, ':past': { N: '1000' } };
      await client.send(
        new UpdateItemCommand({
          TableName,
          Key: claim,
          UpdateExpression: 'SET claim = :true, #ttl = :past',
          ExpressionAttributeNames: { '#ttl': 'ttl' },
          ExpressionAttributeValues: values,
        }),
      );
    });
    const runs = proxy.counts({ function: WORKER }).calls;
    expect(await stack.expireItems()).toBeGreaterThan(0);
    // A message behind them shows that the stream has passed them.
    const other = await newPair();
    await send(other.socket, other.bob, 'expires');
    await stack.expireItems(UNTIL_EXPIRED_SECONDS);
    await untilArchived(other.conversationId, ['expires']);
    expect(await archived(conversationId)).toEqual([]);
    expect(proxy.counts({ function: WORKER }).calls).toBeGreaterThan(runs);
  });
});

it('a message whose clientMsgId is used again after it expired is archived, although DynamoDB has not deleted it (IM-ARCHIVE-1)', async () => {
  const { bob, socket, conversationId } = await newPair();
  await socket.request(sending(bob, 'first', 'same-id'));
  const [row] = await rowsOf(conversationId);
  await onMessages((client, TableName) => {
    const { pk, sk } = row ?? {};
    if (pk === undefined || sk === undefined) throw new Error('The message is not stored.');
    return client.send(
      new UpdateItemCommand({
        TableName,
        Key: { pk, sk },
        UpdateExpression: 'SET #ttl = :past',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':past': { N: '1000' } },
      }),
    );
  });
  expect(await socket.request(sending(bob, 'second', 'same-id'))).toMatchObject({ type: 'sent', seq: 2 });
  const [message] = await untilArchived(conversationId, ['first']);
  expect(message?.seq).toBe(1);
});

describe('the worker', () => {
  it.each<BreakpointStage>(['before', 'after'])(
    'loses nothing and archives nothing twice if it dies, %s its put (IM-ARCHIVE-1)',
    async (when) => {
      let rounds = 0;
      const run = async () => {
        const { bob, socket, conversationId } = await newPair();
        for (const text of ['one', 'two', 'three']) await send(socket, bob, text);
        await stack.expireItems(UNTIL_EXPIRED_SECONDS);
        return untilArchived(conversationId, ['one', 'two', 'three']);
      };
      for await (const step of steps(proxy, { function: WORKER, when, run })) {
        rounds += 1;
        step.fail(when === 'before' ? 'kill' : 'kill-after');
        const messages = await step.finished;
        expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(3);
        if (rounds === 2) break;
      }
      expect(rounds).toBeGreaterThan(0);
    },
  );

  it('writes a repeated batch into the same object, and tries for as long as S3 fails (IM-ARCHIVE-1)', async () => {
    const { bob, socket, conversationId } = await newPair();
    for (const text of ['one', 'two']) await send(socket, bob, text);
    const before = await objects();
    const failures = [
      proxy.inject({ fault: 'error-after', function: WORKER, times: 4 }),
      proxy.inject({ fault: 'throttle', function: WORKER, times: 4 }),
    ];
    await stack.expireItems(UNTIL_EXPIRED_SECONDS);
    await untilArchived(conversationId, ['one', 'two']);
    await expect.poll(() => failures.map(({ fired }) => fired)).toEqual([4, 4]);
    proxy.clearFaults();
    expect((await objects()).length).toBe(before.length + 1);
  });
});
