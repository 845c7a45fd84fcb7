import { PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { chainLength } from '../../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../../local/emulators/clients.ts';
import { failureOf, newKey, put, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

describe('the AWS proxy', () => {
  it.each([
    ['a put of 1.5 KB into a table with a local index', 4, () => put(newKey(), 1_500)],
    ['a put of 100 bytes', 2, () => put(newKey(), 100)],
    ['a put that the index leaves out', 1, () => new PutItemCommand({ TableName: TABLE, Item: newKey() })],
    [
      'a batch of two',
      2,
      () =>
        new BatchWriteItemCommand({
          RequestItems: { [TABLE]: [newKey(), newKey()].map((Item) => ({ PutRequest: { Item } })) },
        }),
    ],
    [
      'a transaction of two',
      4,
      () =>
        new TransactWriteItemsCommand({
          TransactItems: [newKey(), newKey()].map((Item) => ({ Put: { TableName: TABLE, Item } })),
        }),
    ],
  ])('counts %s as %d write units, as DynamoDB does', async (_, units, command) => {
    const { dynamoDb, outside, proxy } = await startProxy();
    await dynamoDb.send(command() as PutItemCommand);
    const asked = command() as PutItemCommand;
    asked.input.ReturnConsumedCapacity = 'TOTAL';
    const { ConsumedCapacity } = await outside.dynamoDb.send(asked);
    const said = [ConsumedCapacity].flat().reduce((sum, one) => sum + (one?.CapacityUnits ?? 0), 0);
    expect(proxy.counts()).toMatchObject({ writeUnits: said, readUnits: 0 });
    expect(said).toBe(units);
  });

  it('counts read units by consistency and size', async () => {
    const { dynamoDb, proxy } = await startProxy();
    const key = newKey();
    await dynamoDb.send(put(key, 5_000));
    proxy.reset();
    await dynamoDb.send(new GetItemCommand({ TableName: TABLE, Key: key, ConsistentRead: true }));
    expect(proxy.counts().readUnits).toBe(2);
    await dynamoDb.send(new GetItemCommand({ TableName: TABLE, Key: key }));
    expect(proxy.counts().readUnits).toBe(3);
    const keys = [key, newKey()];
    const batch = { [TABLE]: { Keys: keys, ConsistentRead: true } };
    await dynamoDb.send(new BatchGetItemCommand({ RequestItems: batch }));
    expect(proxy.counts({ operation: 'BatchGetItem' })).toMatchObject({ readUnits: 3, entries: 2, calls: 1 });
    await dynamoDb.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': key.pk },
        ConsistentRead: true,
      }),
    );
    expect(proxy.counts({ operation: 'Query' }).readUnits).toBe(2);
  });

  it('counts the units of the existing item for a failed condition', async () => {
    const { dynamoDb, proxy } = await startProxy();
    const key = newKey();
    await dynamoDb.send(put(key, 1_500));
    proxy.reset();
    const conditional = put(key);
    conditional.input.ConditionExpression = 'attribute_not_exists(pk)';
    expect(await failureOf(dynamoDb.send(conditional))).toBe('ConditionalCheckFailedException');
    expect(proxy.counts()).toMatchObject({ writeUnits: 1, failed: 1 });
    conditional.input.ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
    await failureOf(dynamoDb.send(conditional));
    expect(proxy.counts().writeUnits).toBe(1 + 2);
  });

  it('returns units only to a caller who asked, in the form asked for', async () => {
    const { dynamoDb } = await startProxy();
    expect(await dynamoDb.send(put(newKey()))).toEqual({ $metadata: expect.anything() });
    const none = put(newKey());
    none.input.ReturnConsumedCapacity = 'NONE';
    expect(await dynamoDb.send(none)).toEqual({ $metadata: expect.anything() });
    const total = put(newKey());
    total.input.ReturnConsumedCapacity = 'TOTAL';
    expect((await dynamoDb.send(total)).ConsumedCapacity).toEqual({ TableName: TABLE, CapacityUnits: 2 });
    const indexes = put(newKey());
    indexes.input.ReturnConsumedCapacity = 'INDEXES';
    expect((await dynamoDb.send(indexes)).ConsumedCapacity?.LocalSecondaryIndexes).toBeDefined();
  });

  it('removes units from an answer and leaves the rest unchanged, whatever its names', async () => {
    const { dynamoDb, outside } = await startProxy();
    const key = newKey();
    const odd = {
      ['__proto__']: { S: 'own' },
      ConsumedCapacity: { N: '1' },
      text: { S: '\u2028 "grüße" 👋' },
    };
    await dynamoDb.send(new PutItemCommand({ TableName: TABLE, Item: { ...key, nested: { M: odd } } }));
    const get = new GetItemCommand({ TableName: TABLE, Key: key });
    const { Item } = await dynamoDb.send(get);
    expect(Item).toEqual((await outside.dynamoDb.send(get)).Item);
    expect(Item?.['nested']?.M?.['text']).toEqual(odd.text);
  });
});

describe('the counts', () => {
  it('are grouped by function, operation, and table or queue', async () => {
    const { dynamoDb, sqs, connections, socket, queue, proxy } = await startProxy();
    const [{ connectionId }, QueueUrl] = await Promise.all([socket(), queue()]);
    await dynamoDb.send(put(newKey()));
    await dynamoDb.send(put(newKey()));
    const Entries = ['a', 'b', 'c'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    await connections.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'hello' }));
    const { rows, ...sums } = proxy.counts();
    expect(sums).toMatchObject({ calls: 4, posts: 1, writeUnits: 4, failed: 0, entries: 6 });
    expect(rows).toMatchObject([
      { function: 'Fn', service: 'dynamodb', operation: 'PutItem', target: TABLE, calls: 2 },
      { function: 'Fn', service: 'sqs', operation: 'SendMessageBatch', calls: 1, entries: 3 },
      { function: 'Fn', service: 'connections', operation: 'PostToConnection', calls: 1, bytesOut: 5 },
    ]);
    expect(proxy.counts({ table: TABLE }).calls).toBe(2);
    expect(proxy.counts({ queue: 'queue-' }).calls).toBe(1);
    expect(proxy.counts({ function: 'Other' }).calls).toBe(0);
    expect(proxy.calls.map(({ index, service }) => [index, service])).toEqual([
      [0, 'dynamodb'],
      [1, 'dynamodb'],
      [2, 'sqs'],
      [3, 'connections'],
    ]);
    proxy.reset();
    expect(proxy.counts()).toMatchObject({ calls: 0, rows: [] });
    expect(proxy.calls).toEqual([]);
  });

  it('leave out callers that are not functions, such as a test', async () => {
    const { endpoints, proxy } = await startProxy({ faults: [{ fault: 'throttle' }] });
    const looking = dynamoDbClient(endpoints.dynamodb);
    await looking.send(put(newKey()));
    looking.destroy();
    expect(proxy.calls).toEqual([]);
  });

  it('stay exact when the list of calls is cut', async () => {
    const { dynamoDb, proxy } = await startProxy({ keep: 3 });
    for (let n = 0; n < 10; n += 1) await dynamoDb.send(put(newKey()));
    expect(proxy.counts()).toMatchObject({ calls: 10, writeUnits: 20 });
    expect(proxy.calls.map(({ index }) => index)).toEqual([7, 8, 9]);
  });

  it('distinguish sequential calls from concurrent ones', async () => {
    const { dynamoDb, proxy } = await startProxy({ latency: [{ ms: 20 }] });
    const read = () => dynamoDb.send(new GetItemCommand({ TableName: TABLE, Key: newKey() }));
    await Promise.all([read(), read(), read()]);
    expect(chainLength(proxy.calls)).toBe(1);
    await read();
    await Promise.all([read(), read()]);
    expect(chainLength(proxy.calls)).toBe(3);
  });
});
