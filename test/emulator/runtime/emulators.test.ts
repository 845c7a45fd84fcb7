import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { PublishCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBuckets } from '../../../local/emulators/buckets.ts';
import { dynamoDbClient, s3Client, snsClient, sqsClient } from '../../../local/emulators/clients.ts';
import { type DynamoDbOptions, startDynamoDb } from '../../../local/emulators/dynoxide.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { createQueues, localQueueUrl } from '../../../local/emulators/queues.ts';
import { createTables } from '../../../local/emulators/tables.ts';
import { createTopics } from '../../../local/emulators/topics.ts';
import { queueArn, topicArn } from '../../../local/stack/identifiers.ts';
import { MESSAGES } from '../messages-table.ts';
import { temporaryFolder } from './bundle.ts';

async function dynamoDb(options: DynamoDbOptions = {}) {
  const database = await startDynamoDb(options);
  const client = dynamoDbClient(database.endpoint);
  const stop = async () => {
    client.destroy();
    await database.stop();
  };
  onTestFinished(stop);
  return { client, stop, endpoint: database.endpoint };
}

describe('tables', () => {
  test('are created with index and TTL, and found again with their items after a restart', async () => {
    const file = join(temporaryFolder(), 'dynamodb.db');
    const first = await dynamoDb({ file });
    await createTables(first.client, [MESSAGES]);
    const item = { pk: { S: 'p' }, sk: { S: 's' }, seq: { N: '1' } };
    await first.client.send(new PutItemCommand({ TableName: 'Messages', Item: item }));
    await first.stop();

    const { client } = await dynamoDb({ file });
    await createTables(client, [MESSAGES]);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'Messages' }));
    expect(Table?.LocalSecondaryIndexes?.map((index) => index.IndexName)).toEqual(['bySeq', 'byChange']);
    const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName: 'Messages' }));
    expect(ttl.TimeToLiveDescription).toMatchObject({ TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' });
    const found = await client.send(
      new GetItemCommand({ TableName: 'Messages', Key: { pk: item.pk, sk: item.sk } }),
    );
    expect(found.Item).toEqual(item);
  });

  test('are refused if their key differs from the stack’s', async () => {
    const { client } = await dynamoDb();
    await createTables(client, [MESSAGES]);
    const changed = { ...MESSAGES, definition: { ...MESSAGES.definition, LocalSecondaryIndexes: undefined } };
    await expect(createTables(client, [changed])).rejects.toThrow(/The table Messages .* start with --fresh/);
  });
});

describe('the stream of a table', () => {
  const streamed = { ...MESSAGES, streamViewType: 'NEW_IMAGE' as const };
  const streamOf = async (client: DynamoDBClient) => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'Messages' }));
    return Table?.StreamSpecification?.StreamEnabled === true;
  };

  test('is there if the template has one, also for a table of an older data folder', async () => {
    const { client } = await dynamoDb();
    await createTables(client, [MESSAGES]);
    expect(await streamOf(client)).toBe(false);
    await createTables(client, [streamed]);
    expect(await streamOf(client)).toBe(true);
    await createTables(client, [streamed]);
    expect(await streamOf(client)).toBe(true);
  });

  test('goes with the option', async () => {
    const { client } = await dynamoDb();
    await createTables(client, [streamed]);
    await createTables(client, [MESSAGES]);
    expect(await streamOf(client)).toBe(false);
  });
});

describe('DynamoDB', () => {
  test('is the emulator that DYNAMODB_ENDPOINT names', async () => {
    const database = await startDynamoDb({ environment: { DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000' } });
    expect(database.endpoint).toBe('http://127.0.0.1:8000');
  });

  test('reports in one line that the emulator cannot open its file', async () => {
    const start = startDynamoDb({ file: temporaryFolder() });
    await expect(start).rejects.toThrow(/^dynoxide did not start: .*unable to open database file[^\n]*$/);
  });

  test('reports that the emulator has exited', async () => {
    const ended = Promise.withResolvers<string>();
    const { endpoint } = await dynamoDb({ onExit: ended.resolve });
    const pids = execFileSync('pgrep', ['-f', `^[^ ]*dynoxide serve .*--port ${new URL(endpoint).port}`], {
      encoding: 'utf8',
    });
    process.kill(Number(pids.split('\n')[0]), 'SIGKILL');
    expect(await ended.promise).toBe('dynoxide exited (SIGKILL)');
  });
});

describe('SQS', () => {
  test('keeps messages over a restart, and makes those in flight visible at once', async () => {
    const dataDirectory = temporaryFolder();
    const queues = [{ logicalId: 'Q', queueName: 'kept', attributes: { VisibilityTimeout: '600' } }];
    const first = await startSqs({ dataDirectory });
    const client = sqsClient(first.endpoint);
    await createQueues(client, queues);
    const QueueUrl = localQueueUrl(first.endpoint, 'kept');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages).toHaveLength(1);
    client.destroy();
    await first.stop();

    const second = await startSqs({ dataDirectory });
    onTestFinished(() => second.stop());
    const again = sqsClient(second.endpoint);
    onTestFinished(() => again.destroy());
    await createQueues(again, queues);
    const received = await again.send(
      new ReceiveMessageCommand({
        QueueUrl: localQueueUrl(second.endpoint, 'kept'),
        MessageSystemAttributeNames: ['All'],
      }),
    );
    expect(received.Messages).toMatchObject([
      { Body: 'hello', Attributes: { ApproximateReceiveCount: '2' } },
    ]);
  });

  test.each([
    { where: 'in memory', isKept: false },
    { where: 'in a folder', isKept: true },
  ])(
    'hands a message to another poller if the one that waited for it has died, $where',
    async ({ isKept }) => {
      const sqs = await startSqs(isKept ? { dataDirectory: temporaryFolder() } : {});
      onTestFinished(() => sqs.stop());
      const client = sqsClient(sqs.endpoint);
      onTestFinished(() => client.destroy());
      const attributes = { VisibilityTimeout: '600' };
      await createQueues(client, [{ logicalId: 'Q', queueName: 'polled', attributes }]);
      const QueueUrl = localQueueUrl(sqs.endpoint, 'polled');
      const look = async () => client.send(new GetQueueAttributesCommand({ QueueUrl }));

      const dying = sqsClient(sqs.endpoint);
      onTestFinished(() => dying.destroy());
      // Aborted, it isn't tried again: that poll would be alive, and get the message.
      const death = new AbortController();
      const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
      dying.send(command, { abortSignal: death.signal }).catch(() => {});
      // By then the server has the poll, and then the end of its connection: on a busy machine some requests come before.
      for (let round = 0; round < 20; round += 1) await look();
      death.abort();
      for (let round = 0; round < 20; round += 1) await look();

      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
      const { Messages } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageSystemAttributeNames: ['All'] }),
      );
      expect(Messages).toMatchObject([{ Body: 'hello', Attributes: { ApproximateReceiveCount: '2' } }]);
    },
  );

  test('changes a queue’s attributes when the template does', async () => {
    const sqs = await startSqs();
    onTestFinished(() => sqs.stop());
    const client = sqsClient(sqs.endpoint);
    onTestFinished(() => client.destroy());
    const queue = (VisibilityTimeout: string) => [
      { logicalId: 'Q', queueName: 'q', attributes: { VisibilityTimeout } },
    ];
    await createQueues(client, queue('10'));
    await createQueues(client, queue('0'));
    const QueueUrl = localQueueUrl(sqs.endpoint, 'q');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    for (let i = 0; i < 2; i += 1) {
      const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
      expect(Messages).toHaveLength(1);
    }
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find((address) => address.family === 'IPv4' && !address.internal)?.address;
  test.skipIf(outside === undefined)('cannot be reached from other machines', async () => {
    const sqs = await startSqs();
    onTestFinished(() => sqs.stop());
    const code = await new Promise((resolve) => {
      const socket = connect(Number(new URL(sqs.endpoint).port), outside);
      socket.once('connect', () => resolve('connected'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(code).toBe('ECONNREFUSED');
  });
});

describe('topics and buckets', () => {
  /** The emulator on this folder, with a topic that a queue subscribes to, and a bucket. */
  async function start(dataDirectory: string, attributes: Readonly<Record<string, string>>) {
    const emulator = await startSqs({ dataDirectory });
    const { endpoint } = emulator;
    const clients = { sqs: sqsClient(endpoint), sns: snsClient(endpoint), s3: s3Client(endpoint) };
    const stop = async () => {
      for (const client of Object.values(clients)) client.destroy();
      await emulator.stop();
    };
    onTestFinished(stop);
    await createQueues(clients.sqs, [{ logicalId: 'Q', queueName: 'events', attributes: {} }]);
    await createTopics(clients.sns, [
      { logicalId: 'T', topicName: 'topic', subscriptions: [{ queueArn: queueArn('events'), attributes }] },
    ]);
    await createBuckets(clients.s3, [{ bucketName: 'bucket' }]);
    return {
      ...clients,
      stop,
      publish: (Message: string, type: string) =>
        clients.sns.send(
          new PublishCommand({
            TopicArn: topicArn('topic'),
            Message,
            MessageAttributes: { type: { DataType: 'String', StringValue: type } },
          }),
        ),
      received: async () => {
        const QueueUrl = localQueueUrl(endpoint, 'events');
        const { Messages = [] } = await clients.sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
        );
        return Messages.map(({ Body }) => Body);
      },
    };
  }

  test('are found again after a restart, with the subscription as the template has it now', async () => {
    const folder = temporaryFolder();
    const first = await start(folder, { RawMessageDelivery: 'true', FilterPolicy: '{"type":["a"]}' });
    await first.publish('1', 'a');
    await first.publish('2', 'b');
    expect(await first.received()).toEqual(['1']);
    await first.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a/b.txt', Body: 'kept' }));
    await first.stop();

    const second = await start(folder, { RawMessageDelivery: 'true', FilterPolicy: '{"type":["b"]}' });
    await second.publish('3', 'a');
    await second.publish('4', 'b');
    expect(await second.received()).toContain('4');
    const { Body } = await second.s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'a/b.txt' }));
    expect(await Body?.transformToString()).toBe('kept');
  });
});
