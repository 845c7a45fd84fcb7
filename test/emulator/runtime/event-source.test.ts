import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { sqsClient } from '../../../local/emulators/clients.ts';
import { type SqsEmulator, startSqs } from '../../../local/emulators/fauxqs.ts';
import { createQueues, localQueueUrl } from '../../../local/emulators/queues.ts';
import { EventSource } from '../../../local/event-source/event-source.ts';
import { WorkerPool } from '../../../local/functions/worker-pool.ts';
import type { EventSourceModel, InvokeResult } from '../../../local/model.ts';
import { queueArn } from '../../../local/stack/identifiers.ts';
import { functionOf } from './bundle.ts';
import { eventually } from './eventually.ts';

let sqs: SqsEmulator;
let client: SQSClient;
beforeAll(async () => {
  sqs = await startSqs();
  client = sqsClient(sqs.endpoint);
});
afterAll(async () => {
  client.destroy();
  await sqs.stop();
});

interface Record {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}
type Batch = readonly Record[];

let count = 0;

interface Setup {
  readonly model?: Partial<EventSourceModel>;
  readonly handle: (batch: Batch) => unknown;
  readonly maxReceiveCount?: number;
}

const VISIBILITY_SECONDS = 180;

/** A new queue with a dead-letter queue and a poller. */
async function setUp({ model, handle, maxReceiveCount = 2 }: Setup) {
  count += 1;
  const queueName = `queue-${count}`;
  const deadName = `dead-${count}`;
  const redrive = JSON.stringify({ deadLetterTargetArn: queueArn(deadName), maxReceiveCount });
  await createQueues(client, [{ logicalId: 'D', queueName: deadName, attributes: {} }]);
  const attributes = {
    RedrivePolicy: redrive,
    VisibilityTimeout: String(VISIBILITY_SECONDS),
  };
  await createQueues(client, [{ logicalId: 'Q', queueName, attributes }]);
  const batches: Batch[] = [];
  const eventSource = new EventSource({
    model: {
      logicalId: 'M',
      functionId: 'Fn',
      queueName,
      batchSize: 10,
      maximumConcurrency: 2,
      visibilitySeconds: VISIBILITY_SECONDS,
      reportBatchItemFailures: true,
      ...model,
    },
    client,
    endpoint: sqs.endpoint,
    invoker: {
      invoke: async (_, event) => {
        const { Records } = event as { readonly Records: Batch };
        batches.push(Records);
        const result = await handle(Records);
        return (isInvokeResult(result) ? result : { ok: true, payload: result ?? null }) as InvokeResult;
      },
    },
  });
  onTestFinished(() => eventSource.stop());
  const url = localQueueUrl(sqs.endpoint, queueName);
  return {
    eventSource,
    batches,
    url,
    send: (...bodies: string[]) =>
      client.send(
        new SendMessageBatchCommand({
          QueueUrl: url,
          Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
        }),
      ),
    left: () => depth(url),
    dead: () => depth(localQueueUrl(sqs.endpoint, deadName)),
  };
}

function isInvokeResult(value: unknown): value is InvokeResult {
  return typeof value === 'object' && value !== null && 'ok' in value;
}

/** Messages in the queue, visible or not. */
async function depth(url: string): Promise<number> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes?.ApproximateNumberOfMessages) +
    Number(Attributes?.ApproximateNumberOfMessagesNotVisible)
  );
}

const bodies = (batch: Batch | undefined) => batch?.map((record) => record.body);
const failing = (batch: Batch, ...names: string[]) => ({
  batchItemFailures: batch
    .filter((record) => names.includes(record.body))
    .map((record) => ({ itemIdentifier: record.messageId })),
});

test('the event source passes a batch to the function and deletes it on success', async () => {
  const queue = await setUp({ handle: () => ({ batchItemFailures: [] }) });
  await queue.send('a', 'b', 'c');
  queue.eventSource.start();
  await eventually(queue.left).toBe(0);
  expect(queue.batches.map(bodies)).toEqual([['a', 'b', 'c']]);
});

test('the event source builds records in the shape captured on AWS', async () => {
  const queue = await setUp({ handle: () => undefined });
  await client.send(
    new SendMessageCommand({
      QueueUrl: queue.url,
      MessageBody: 'Message Body',
      MessageAttributes: {
        Attribute1: { DataType: 'String', StringValue: 'AttributeValue1' },
        Attribute2: { DataType: 'Binary', BinaryValue: new TextEncoder().encode('1100') },
      },
    }),
  );
  queue.eventSource.start();
  await eventually(() => queue.batches.length).toBe(1);
  const captured = JSON.parse(readFileSync('test/fixtures/aws-events/sqs-batch.json', 'utf8')).Records[0];
  const record = JSON.parse(JSON.stringify(queue.batches[0]?.[0]));
  expect(Object.keys(record).sort()).toEqual(Object.keys(captured).sort());
  expect(Object.keys(record.attributes).sort()).toEqual(Object.keys(captured.attributes).sort());
  expect(record).toMatchObject({
    body: 'Message Body',
    md5OfBody: createHash('md5').update('Message Body').digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: expect.stringMatching(/^arn:aws:sqs:us-east-1:000000000000:queue-\d+$/),
    awsRegion: 'us-east-1',
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {
      Attribute1: {
        stringValue: 'AttributeValue1',
        stringListValues: [],
        binaryListValues: [],
        dataType: 'String',
      },
      Attribute2: { binaryValue: 'MTEwMA==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
    },
  });
});

test('the event source returns only the failed records, and a poison record lands in the dead-letter queue', async () => {
  const queue = await setUp({ handle: (batch) => failing(batch, 'poison') });
  await queue.send('good', 'poison', 'fine');
  queue.eventSource.start();
  await eventually(() => queue.batches.length).toBe(1);
  sqs.advance(VISIBILITY_SECONDS);
  await eventually(() => queue.batches.length).toBe(2);
  sqs.advance(VISIBILITY_SECONDS);
  await eventually(queue.dead).toBe(1);
  expect(queue.batches.map(bodies)).toEqual([['good', 'poison', 'fine'], ['poison']]);
  expect(queue.batches[1]?.[0]?.attributes.ApproximateReceiveCount).toBe('2');
  expect(await queue.left()).toBe(0);
});

test.each([
  ['a function that fails', { ok: false, errorType: 'Error', errorMessage: 'no' }],
  ['an unknown identifier', { batchItemFailures: [{ itemIdentifier: 'unknown' }] }],
])('the event source returns the whole batch after %s', async (_, answer) => {
  let calls = 0;
  const queue = await setUp({
    handle: () => {
      calls += 1;
      return calls === 1 ? answer : null;
    },
  });
  await queue.send('a', 'b');
  queue.eventSource.start();
  await eventually(() => calls).toBe(1);
  sqs.advance(VISIBILITY_SECONDS);
  await eventually(queue.left).toBe(0);
  expect(queue.batches.flatMap((batch) => bodies(batch) ?? []).sort()).toEqual(['a', 'a', 'b', 'b']);
  expect(await queue.dead()).toBe(0);
});

test("the event source leaves failed records to the queue's visibility time-out", async () => {
  const queue = await setUp({ handle: (batch) => (queue.batches.length === 1 ? failing(batch, 'a') : null) });
  await queue.send('a');
  queue.eventSource.start();
  await eventually(() => queue.batches.length).toBe(1);
  sqs.advance(VISIBILITY_SECONDS - 5);
  await queue.send('b');
  await eventually(() => queue.batches.map(bodies)).toEqual([['a'], ['b']]);
  sqs.advance(5);
  await eventually(() => queue.batches.map(bodies)).toEqual([['a'], ['b'], ['a']]);
});

test('the event source leaves a failed record to the visibility time-out to which its function changed it', async () => {
  const queue = await setUp({
    handle: async (batch) => {
      if (queue.batches.length > 1) return null;
      const [{ receiptHandle: ReceiptHandle = '' } = {}] = batch;
      const QueueUrl = queue.url;
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 1 }),
      );
      return failing(batch, 'a');
    },
  });
  await queue.send('a');
  queue.eventSource.start();
  await eventually(() => queue.batches.length).toBe(2);
});

test('the event source gives the batch of a killed function to another instance', async () => {
  const model = functionOf(`
    export const handler = async ({ Records }) => {
      if (Records[0].attributes.ApproximateReceiveCount === '1') { console.log('stuck'); await new Promise((r) => setTimeout(r, 60000)); }
      console.log('done');
    };`);
  const logged = Promise.withResolvers<void>();
  const output: string[] = [];
  const pool = new WorkerPool({
    functions: [model],
    onLog: ({ text }) => {
      output.push(text.trim());
      if (text.includes('stuck')) logged.resolve();
    },
  });
  onTestFinished(() => pool.stop());
  const queue = await setUp({ handle: (Records) => pool.invoke('Fn', { Records }) });
  await queue.send('a');
  queue.eventSource.start();
  await logged.promise;
  await pool.kill('Fn');
  sqs.advance(VISIBILITY_SECONDS);
  await eventually(queue.left).toBe(0);
  expect(output).toEqual(['stuck', 'done']);
});

test('the event source runs no more batches at once than the maximum concurrency', async () => {
  const releases: (() => void)[] = [];
  const queue = await setUp({
    model: { batchSize: 1, maximumConcurrency: 2 },
    handle: () => new Promise<void>((resolve) => releases.push(resolve)),
  });
  await queue.send('a', 'b', 'c');
  queue.eventSource.start();
  await eventually(() => releases.length).toBe(2);
  expect(await queue.left()).toBe(3);
  for (const release of releases.splice(0)) release();
  await eventually(() => releases.length).toBe(1);
  releases[0]?.();
  await eventually(queue.left).toBe(0);
});

const throttled = {
  ok: false,
  errorType: 'TooManyRequestsException',
  errorMessage: 'Rate Exceeded.',
} as const;

test('the event source repeats a throttled batch without another receive', async () => {
  const queue = await setUp({ handle: () => (queue.batches.length < 3 ? throttled : null) });
  await queue.send('a');
  queue.eventSource.start();
  await eventually(queue.left).toBe(0);
  const counts = queue.batches.map(([record]) => record?.attributes.ApproximateReceiveCount);
  expect(counts).toEqual(['1', '1', '1']);
});

test('the event source gives a throttled batch up at the end of its visibility time-out', async () => {
  const handle = () => throttled;
  const queue = await setUp({ handle, model: { visibilitySeconds: 0.2 } });
  await queue.send('a');
  queue.eventSource.start();
  await eventually(() => queue.batches.length).toBeGreaterThan(1);
  await queue.eventSource.stop(10_000);
  expect(await queue.left()).toBe(1);
});

test('stopping the event source waits for the current batch and polls no more', async () => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const queue = await setUp({
    handle: async () => {
      started.resolve();
      await release.promise;
    },
  });
  await queue.send('a');
  queue.eventSource.start();
  await started.promise;
  const stopped = queue.eventSource.stop(10_000);
  await queue.send('b');
  release.resolve();
  await stopped;
  expect(queue.batches.map(bodies)).toEqual([['a']]);
  expect(await queue.left()).toBe(1);
});
