import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, onTestFinished } from 'vitest';
import { type AwsProxyOptions, createAwsProxy } from '../../../local/aws-proxy/index.ts';
import { dynamoDbClient, sqsClient } from '../../../local/emulators/clients.ts';
import { startDynamoDb } from '../../../local/emulators/dynoxide.ts';
import type { Emulator } from '../../../local/emulators/emulator.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { createQueues, localQueueUrl } from '../../../local/emulators/queues.ts';
import { createTables } from '../../../local/emulators/tables.ts';
import { InvokeApi } from '../../../local/functions/invoke-api.ts';
import type { InvokeResult } from '../../../local/model.ts';
import type { Endpoints } from '../../../local/runtime.ts';
import { startGateway } from '../gateway/gateway-fixture.ts';
import { MESSAGES } from '../messages-table.ts';

export const TABLE = MESSAGES.tableName;

export interface ProxyFixtureOptions extends AwsProxyOptions {
  /** Maximum attempts of the SDK clients. @default 1 */
  readonly maxAttempts?: number;
  /** Used instead of the emulators. */
  readonly direct?: Partial<Endpoints>;
}

let count = 0;
/** A name that no other test of this run uses. */
export function newName(prefix: string): string {
  count += 1;
  return `${prefix}-${process.pid}-${count}`;
}

let emulators: ReturnType<typeof startEmulators> | undefined;

async function startEmulators() {
  const [database, queues] = await Promise.all([startDynamoDb(), startSqs()]);
  const client = dynamoDbClient(database.endpoint);
  await createTables(client, [MESSAGES]);
  client.destroy();
  return { database, queues };
}

/**
 * Real emulators, which the files of a worker share: each test has its own AWS proxy, keys, and queues. They end with the worker's
 * process.
 */
export function useEmulators() {
  let database: Emulator;
  let queues: Emulator;
  beforeAll(async () => {
    emulators ??= startEmulators();
    ({ database, queues } = await emulators);
  });

  async function startProxy({ maxAttempts = 1, direct: others, ...options }: ProxyFixtureOptions = {}) {
    const gateway = await startGateway();
    const invokeApi = new InvokeApi({ warn: () => undefined });
    invokeApi.serve([{ name: 'Stack-Hook', logicalId: 'Hook' }], {
      invoke: async (_, payload): Promise<InvokeResult> => ({ ok: true, payload }),
    });
    const direct = {
      dynamodb: database.endpoint,
      sqs: queues.endpoint,
      sns: queues.endpoint,
      s3: queues.endpoint,
      ssm: queues.endpoint,
      connections: gateway.httpUrl,
      lambda: await invokeApi.listen(),
      ...others,
    };
    const proxy = createAwsProxy(options);
    const endpoints = await proxy.attach(direct);
    await endpoints.openTables?.([MESSAGES]);
    const outside = { dynamoDb: dynamoDbClient(direct.dynamodb), sqs: sqsClient(direct.sqs) };
    const config = {
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts,
    };
    const caller = { ...config, userAgentAppId: 'caller-Fn' };
    const clients = {
      dynamoDb: new DynamoDBClient({ ...caller, endpoint: endpoints.dynamodb }),
      sqs: new SQSClient({ ...caller, endpoint: endpoints.sqs }),
      sns: new SNSClient({ ...caller, endpoint: endpoints.sns }),
      s3: new S3Client({ ...caller, endpoint: endpoints.s3 }),
      poller: new SQSClient({ ...config, userAgentAppId: 'event-source', endpoint: endpoints.sqs }),
      lambda: new LambdaClient({ ...caller, endpoint: endpoints.lambda }),
      connections: new ApiGatewayManagementApiClient({
        ...caller,
        endpoint: `${endpoints.connections}/prod`,
      }),
    };
    onTestFinished(async () => {
      for (const client of [...Object.values(outside), ...Object.values(clients)]) client.destroy();
      await endpoints.close?.();
      await invokeApi.close();
    });

    return {
      proxy,
      direct,
      endpoints,
      outside,
      ...clients,
      /** An open socket of the gateway. */
      async socket() {
        const client = await gateway.client().opened();
        const connectionId = gateway.gateway.connections().at(-1)?.connectionId ?? '';
        return { client, connectionId };
      },
      /** A new queue; its URL goes through the AWS proxy. */
      async queue() {
        const queueName = newName('queue');
        await createQueues(outside.sqs, [{ logicalId: 'Q', queueName, attributes: {} }]);
        return localQueueUrl(endpoints.sqs, queueName);
      },
      /** Reads the emulator directly, past the AWS proxy. */
      async stored(key: Key): Promise<boolean> {
        const command = new GetItemCommand({ TableName: TABLE, Key: key, ConsistentRead: true });
        return (await outside.dynamoDb.send(command)).Item !== undefined;
      },
      async bodiesIn(QueueUrl: string): Promise<string[]> {
        const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
        const { Messages: messages = [] } = await outside.sqs.send(command);
        return messages.map(({ Body }) => String(Body)).sort();
      },
    };
  }
  return { startProxy };
}

export interface Key extends Record<string, { readonly S: string }> {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
}

export function newKey(): Key {
  return { pk: { S: newName('pk') }, sk: { S: 'sk' } };
}

export function put(key: Key, bytes = 10) {
  const Item = { ...key, seq: { N: '1' }, text: { S: 'x'.repeat(bytes) } };
  return new PutItemCommand({ TableName: TABLE, Item });
}

/** The name of the error that a call fails with. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
