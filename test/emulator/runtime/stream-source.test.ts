import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { dynamoDbClient, sqsClient } from '../../../local/emulators/clients.ts';
import { startDynamoDb } from '../../../local/emulators/dynoxide.ts';
import type { Emulator } from '../../../local/emulators/emulator.ts';
import { expireItems } from '../../../local/emulators/expiry.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { createQueues, localQueueUrl } from '../../../local/emulators/queues.ts';
import { createTables } from '../../../local/emulators/tables.ts';
import { openPositions, type StreamPositions } from '../../../local/event-source/stream-positions.ts';
import { StreamSource } from '../../../local/event-source/stream-source.ts';
import { THROTTLED } from '../../../local/functions/messages.ts';
import { WorkerPool } from '../../../local/functions/worker-pool.ts';
import type { InvokeResult, Invoker, StreamSourceModel, TableModel } from '../../../local/model.ts';
import { PATIENCE_MS } from '../../setup/patience.ts';
import { streamSourceOf } from '../stack-models.ts';
import { functionOf, temporaryFolder } from './bundle.ts';

let database: Emulator;
let queues: Emulator;
let client: DynamoDBClient;
let sqs: SQSClient;
beforeAll(async () => {
  [database, queues] = await Promise.all([startDynamoDb(), startSqs()]);
  client = dynamoDbClient(database.endpoint);
  sqs = sqsClient(queues.endpoint);
});
afterAll(async () => {
  client.destroy();
  sqs.destroy();
  await Promise.all([database.stop(), queues.stop()]);
});

interface Record {
  readonly eventID: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly userIdentity?: unknown;
  readonly dynamodb: {
    readonly Keys: { readonly pk: { readonly S: string } };
    readonly NewImage?: unknown;
    readonly OldImage?: unknown;
    readonly SequenceNumber: string;
    readonly StreamViewType: string;
  };
}
type Batch = readonly Record[];

let count = 0;

/** Waits until the expectation holds. */
const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });

async function newTable(overrides: Partial<TableModel> = {}): Promise<TableModel> {
  count += 1;
  const table: TableModel = {
    logicalId: `T${count}`,
    tableName: `table-${count}`,
    definition: {
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    },
    ttlAttribute: 'ttl',
    streamViewType: 'NEW_AND_OLD_IMAGES',
    ...overrides,
  };
  await createTables(client, [table]);
  return table;
}

interface Setup {
  readonly table?: TableModel;
  readonly model?: Partial<StreamSourceModel>;
  readonly positions?: StreamPositions;
  readonly handle?: (batch: Batch) => unknown;
  readonly invoker?: Invoker;
}

/** A table with a stream, and an event source of it. */
async function setUp({ model, positions, handle = () => undefined, ...given }: Setup = {}) {
  const table = given.table ?? (await newTable());
  const failureQueueName = `failures-${count}`;
  await createQueues(sqs, [{ logicalId: 'F', queueName: failureQueueName, attributes: {} }]);
  const batches: Batch[] = [];
  const invoke: Invoker['invoke'] = async (_, event) => {
    const { Records } = event as { readonly Records: Batch };
    batches.push(Records);
    const result = await handle(Records);
    return (isInvokeResult(result) ? result : { ok: true, payload: result ?? null }) as InvokeResult;
  };
  const source = new StreamSource({
    model: streamSourceOf(table, { logicalId: `M${count}`, failureQueueName, ...model }),
    endpoint: database.endpoint,
    queues: { client: sqs, endpoint: queues.endpoint },
    positions: positions ?? openPositions(),
    invoker: given.invoker ?? { invoke },
  });
  onTestFinished(() => source.stop());
  return {
    table,
    source,
    batches,
    /** Each record once for each time that it was passed on. */
    records: () => batches.flat(),
    failures: async () => {
      const QueueUrl = localQueueUrl(queues.endpoint, failureQueueName);
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
      return Messages.map(({ Body }) => JSON.parse(Body ?? ''));
    },
    put: (pk: string, value: string, more: object = {}) =>
      client.send(
        new PutItemCommand({
          TableName: table.tableName,
          Item: { pk: { S: pk }, sk: { S: '1' }, value: { S: value }, ...more },
        }),
      ),
    remove: (pk: string) =>
      client.send(
        new DeleteItemCommand({ TableName: table.tableName, Key: { pk: { S: pk }, sk: { S: '1' } } }),
      ),
  };
}

function isInvokeResult(value: unknown): value is InvokeResult {
  return typeof value === 'object' && value !== null && 'ok' in value;
}

const namesOf = (batch: Batch | undefined) => batch?.map(({ dynamodb }) => dynamodb.Keys.pk.S);
const seqOf = ({ dynamodb }: Record) => dynamodb.SequenceNumber;
const fail: InvokeResult = { ok: false, errorType: 'Error', errorMessage: 'no' };

test('passes on each change as Lambda does: name, images, region, and ids', async () => {
  const { source, records, put, remove, table } = await setUp();
  await put('a', 'one');
  await put('a', 'two');
  await remove('a');
  source.start();
  await eventually(() => expect(records()).toHaveLength(3));
  const [inserted, modified, removed] = records();
  const item = (value: string) => ({ pk: { S: 'a' }, sk: { S: '1' }, value: { S: value } });
  expect(inserted).toMatchObject({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventSourceARN: expect.stringMatching(
      `^arn:aws:dynamodb:us-east-1:\\d+:table/${table.tableName}/stream/`,
    ),
    dynamodb: {
      Keys: { pk: { S: 'a' }, sk: { S: '1' } },
      NewImage: item('one'),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  });
  expect(inserted?.dynamodb).not.toHaveProperty('OldImage');
  expect(modified).toMatchObject({
    eventName: 'MODIFY',
    dynamodb: { NewImage: item('two'), OldImage: item('one') },
  });
  expect(removed).toMatchObject({ eventName: 'REMOVE', dynamodb: { OldImage: item('two') } });
  expect(removed?.dynamodb).not.toHaveProperty('NewImage');
  expect(removed).not.toHaveProperty('userIdentity');
  expect(records().map(seqOf)).toEqual(records().map(seqOf).toSorted());
});

test('a stream of new images has no old ones', async () => {
  const table = await newTable({ streamViewType: 'NEW_IMAGE' });
  const { source, records, put } = await setUp({ table });
  await put('a', 'one');
  await put('a', 'two');
  source.start();
  await eventually(() => expect(records()).toHaveLength(2));
  expect(records()[1]?.dynamodb).toMatchObject({
    StreamViewType: 'NEW_IMAGE',
    NewImage: { value: { S: 'two' } },
  });
  expect(records()[1]?.dynamodb).not.toHaveProperty('OldImage');
});

test('a write that changes nothing makes no record', async () => {
  const { source, records, put } = await setUp();
  await put('a', 'one');
  await put('a', 'one');
  await put('a', 'two');
  source.start();
  await eventually(() => expect(records().map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY']));
});

test('each item of a transaction is a record', async () => {
  const { source, records, table } = await setUp();
  const put = (pk: string) => ({
    Put: { TableName: table.tableName, Item: { pk: { S: pk }, sk: { S: '1' } } },
  });
  await client.send(new TransactWriteItemsCommand({ TransactItems: [put('a'), put('b')] }));
  source.start();
  await eventually(() => expect(namesOf(records())?.toSorted()).toEqual(['a', 'b']));
});

test('a partition key keeps its order, and others do not wait for it', async () => {
  const held = Promise.withResolvers<void>();
  onTestFinished(() => held.resolve());
  const { source, records, put } = await setUp({
    model: { batchSize: 1 },
    handle: async (batch) => {
      if (namesOf(batch)?.includes('a')) await held.promise;
    },
  });
  for (const value of ['1', '2']) await put('a', value);
  for (let n = 0; n < 20; n += 1) await put(`other-${n}`, '1');
  source.start();
  await eventually(() =>
    expect(namesOf(records())?.filter((name) => name !== 'a').length).toBeGreaterThan(3),
  );
  expect(namesOf(records())?.filter((name) => name === 'a')).toHaveLength(1);
  held.resolve();
  await eventually(() => expect(records()).toHaveLength(22));
  const own = records().filter(({ dynamodb }) => dynamodb.Keys.pk.S === 'a');
  expect(own.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY']);
});

test('a batch is gathered for its window, or until it is full', async () => {
  const { source, batches, put } = await setUp({ model: { windowSeconds: 300, batchSize: 3 } });
  source.start();
  await put('a', '1');
  await put('a', '2');
  await eventually(() => {
    source.advance(100);
    expect(batches).toHaveLength(1);
  });
  expect(namesOf(batches[0])).toEqual(['a', 'a']);
  for (const value of ['3', '4', '5']) await put('a', value);
  await eventually(() => expect(batches).toHaveLength(2));
  expect(batches[1]).toHaveLength(3);
});

test('what a filter keeps out costs no invocation, and is done', async () => {
  const positions = openPositions();
  const { source, records, put, table } = await setUp({
    positions,
    model: {
      filters: [
        { eventName: ['INSERT'], dynamodb: { NewImage: { value: { S: [{ prefix: 'yes' }] } } } },
        { eventName: ['REMOVE'] },
      ],
    },
  });
  for (const value of ['yes-1', 'no-1']) await put(`k-${value}`, value);
  source.start();
  await eventually(() => expect(namesOf(records())).toEqual(['k-yes-1']));
  await eventually(() =>
    expect(Object.values(positions.get(`M${table.logicalId.slice(1)}`) ?? {})).toEqual([2, 2]),
  );
});

test('a report makes the lowest failed record the checkpoint', async () => {
  const seen: string[][] = [];
  const { source, put } = await setUp({
    handle: (batch) => {
      seen.push(batch.map(({ dynamodb }) => dynamodb.SequenceNumber.slice(-1)));
      if (seen.length > 1) return undefined;
      const [, second, third] = batch;
      return { batchItemFailures: [third, second].map((each) => ({ itemIdentifier: each && seqOf(each) })) };
    },
  });
  for (const value of ['1', '2', '3']) await put('a', value);
  source.start();
  await eventually(() =>
    expect(seen).toEqual([
      ['1', '2', '3'],
      ['2', '3'],
    ]),
  );
});

test.each([
  ['an empty report', { batchItemFailures: [] }, 1],
  ['nothing', null, 1],
  ['a report of an unknown record', { batchItemFailures: [{ itemIdentifier: 'x' }] }, 2],
  ['a malformed report', { batchItemFailures: [{ id: 'x' }] }, 2],
])('%s is judged as Lambda does', async (_, report, invocations) => {
  let first = true;
  const { source, batches, put } = await setUp({
    handle: () => {
      const answer = first ? report : undefined;
      first = false;
      return answer;
    },
  });
  await put('a', '1');
  source.start();
  await eventually(() => expect(batches).toHaveLength(invocations));
  await put('a', '2');
  await eventually(() => expect(batches).toHaveLength(invocations + 1));
});

test('a failing batch is halved until its bad record is alone, which is given up after its retries', async () => {
  const { source, batches, put, failures, table } = await setUp({
    model: { bisects: true, maximumRetryAttempts: 2 },
    handle: (batch) =>
      batch.some(({ dynamodb }) => dynamodb.SequenceNumber.endsWith('3')) ? fail : undefined,
  });
  for (const value of ['1', '2', '3', '4']) await put('a', value);
  source.start();
  await eventually(() => expect(batches).toHaveLength(7));
  expect(batches.map((batch) => batch.map((record) => seqOf(record).slice(-1)).join(''))).toEqual([
    '1234',
    '12',
    '34',
    '3',
    '3',
    '3',
    '4',
  ]);
  const bad = batches[3]?.[0];
  expect(await failures()).toEqual([
    expect.objectContaining({
      version: '1.0',
      requestContext: expect.objectContaining({
        condition: 'RetryAttemptsExhausted',
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:App-Fn',
      }),
      DDBStreamBatchInfo: expect.objectContaining({
        batchSize: 1,
        startSequenceNumber: bad?.dynamodb.SequenceNumber,
        endSequenceNumber: bad?.dynamodb.SequenceNumber,
        streamArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${table.tableName}/stream/2026-01-01T00:00:00.000`,
      }),
    }),
  ]);
});

test('a batch that is too old is given up, and the next one runs', async () => {
  let isBroken = true;
  const { source, batches, put, failures } = await setUp({
    model: { maximumRecordAgeSeconds: 3_600 },
    handle: () => (isBroken ? fail : undefined),
  });
  await put('a', '1');
  source.start();
  await eventually(() => expect(batches.length).toBeGreaterThan(1));
  source.age(4_000);
  const [failure] = await failures();
  expect(failure.requestContext.condition).toBe('RecordAgeExceeded');
  isBroken = false;
});

test('a throttled invocation is repeated and consumes no retry', async () => {
  let throttles = 3;
  const { source, batches, put, table } = await setUp({
    model: { maximumRetryAttempts: 0 },
    handle: () => {
      throttles -= 1;
      return throttles >= 0 ? { ...fail, errorType: THROTTLED } : undefined;
    },
  });
  await put('a', '1');
  source.start();
  await eventually(() => expect(batches).toHaveLength(4));
  expect(table.tableName).toBeTruthy();
});

test('a restart goes on behind what is done, and repeats what is not', async () => {
  const file = `${temporaryFolder()}/positions.json`;
  const first = await setUp({
    positions: openPositions(file),
    handle: (batch) => (batch.some(({ eventName }) => eventName === 'MODIFY') ? fail : undefined),
  });
  await first.put('a', '1');
  first.source.start();
  await eventually(() => expect(first.batches).toHaveLength(1));
  await first.put('a', '2');
  await eventually(() => expect(first.batches.length).toBeGreaterThan(1));
  await first.source.stop();
  const second = await setUp({
    table: first.table,
    positions: openPositions(file),
  });
  second.source.start();
  await eventually(() => expect(second.records().map(({ eventName }) => eventName)).toEqual(['MODIFY']));
});

test('a source that begins at the latest record gets nothing older', async () => {
  const first = await setUp();
  await first.put('old', '1');
  const positions = openPositions();
  const second = await setUp({ table: first.table, positions, model: { startingPosition: 'LATEST' } });
  second.source.start();
  await eventually(async () => {
    await second.put(`new-${second.batches.length}-${Math.random()}`, '1');
    expect(second.batches.length).toBeGreaterThan(0);
  });
  expect(namesOf(second.records())).not.toContain('old');
});

test('an expired item is deleted by DynamoDB itself, and a deletion by a user is not that', async () => {
  const { source, records, put, remove, table } = await setUp();
  const hour = Math.floor(Date.now() / 1000) + 3_600;
  await put('expired', '1', { ttl: { N: '1000' } });
  await put('later', '1', { ttl: { N: String(hour) } });
  await put('removed', '1', { ttl: { N: '1000' } });
  await put('kept', '1');
  await remove('removed');
  source.start();
  expect(await expireItems(client, [table], Date.now())).toBe(1);
  expect(await expireItems(client, [table], Date.now() + 7_200_000)).toBe(1);
  await eventually(() => expect(records().filter(({ eventName }) => eventName === 'REMOVE')).toHaveLength(3));
  const ends = records().filter(({ eventName }) => eventName === 'REMOVE');
  const identity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
  expect(Object.fromEntries(ends.map((each) => [each.dynamodb.Keys.pk.S, each.userIdentity]))).toEqual({
    expired: identity,
    later: identity,
    removed: undefined,
  });
  // The mark by which the runtime knows its own deletions is in no record.
  expect(records()).toHaveLength(7);
  expect(JSON.stringify(records())).not.toContain('local:');
});

test('a function that dies gets its batch again', async () => {
  const source = `import { existsSync, writeFileSync } from 'node:fs';
    export const handler = async ({ Records }) => {
      if (!existsSync(process.env.MARK)) { writeFileSync(process.env.MARK, ''); process.exit(1); }
      writeFileSync(process.env.OUT, JSON.stringify(Records.map((each) => each.dynamodb.Keys.pk.S)));
    };`;
  const folder = temporaryFolder();
  const environment = { MARK: `${folder}/mark`, OUT: `${folder}/out` };
  const pool = new WorkerPool({ functions: [functionOf(source, { environment })] });
  onTestFinished(() => pool.stop());
  const setup = await setUp({ invoker: pool });
  await setup.put('a', '1');
  setup.source.start();
  const { existsSync, readFileSync } = await import('node:fs');
  await eventually(() =>
    expect(existsSync(environment.OUT) && readFileSync(environment.OUT, 'utf8')).toBe('["a"]'),
  );
});
