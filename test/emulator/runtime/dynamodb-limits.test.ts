import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoDbClient } from '../../../local/emulators/clients.ts';
import { startDynamoDb } from '../../../local/emulators/dynoxide.ts';

/**
 * The limits of DynamoDB that docs/fidelity.md calls enforced, at the emulator itself.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
 */
const TableName = 'limits';
const KB = 1024;

let emulator: Awaited<ReturnType<typeof startDynamoDb>>;
let client: ReturnType<typeof dynamoDbClient>;
beforeAll(async () => {
  emulator = await startDynamoDb();
  client = dynamoDbClient(emulator.endpoint);
  const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [key('k', 'HASH'), key('s', 'RANGE')],
      AttributeDefinitions: [text('k'), text('s')],
    }),
  );
  const TimeToLiveSpecification = { Enabled: true, AttributeName: 'ttl' };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
});
afterAll(async () => {
  client?.destroy();
  await emulator?.stop();
});

const keyOf = (k: string, s = 's') => ({ k: { S: k }, s: { S: s } });
const big = (bytes: number) => ({ b: { S: 'x'.repeat(bytes) } });
const times = <Made>(count: number, make: (index: number) => Made) =>
  Array.from({ length: count }, (_, index) => make(index));
const put = (Item: object) => new PutItemCommand({ TableName, Item: Item as never });
const transaction = (items: readonly object[]) =>
  new TransactWriteItemsCommand({
    TransactItems: items.map((Item) => ({ Put: { TableName, Item: Item as never } })),
  });
const batchGet = (count: number, bytes = 0) =>
  new BatchGetItemCommand({
    RequestItems: { [TableName]: { Keys: times(count, (n) => keyOf(`${bytes}-${n}`)) } },
  });
const batchPut = (count: number) =>
  new BatchWriteItemCommand({
    RequestItems: { [TableName]: times(count, (n) => ({ PutRequest: { Item: keyOf(`w${n}`) } })) },
  });

describe('the DynamoDB emulator', () => {
  const run = (command: unknown) => client.send(command as PutItemCommand);

  it.each([
    ['a transaction of 100 items', transaction(times(100, (n) => keyOf(`t${n}`)))],
    ['a BatchGetItem of 100', batchGet(100)],
    ['a BatchWriteItem of 25', batchPut(25)],
    ['an item of 399 KB', put({ ...keyOf('big'), ...big(399 * KB) })],
  ])('takes %s', async (_, command) => {
    await run(command);
  });

  it.each([
    ['a transaction of 101 items', transaction(times(101, (n) => keyOf(`t${n}`)))],
    [
      'a transaction of more than 4 MB',
      transaction(times(14, (n) => ({ ...keyOf(`m${n}`), ...big(300 * KB) }))),
    ],
    ['a transaction with one item twice', transaction([keyOf('twice'), keyOf('twice')])],
    ['a BatchGetItem of 101', batchGet(101)],
    ['a BatchWriteItem of 26', batchPut(26)],
    ['an item of 401 KB', put({ ...keyOf('big'), ...big(401 * KB) })],
    ['a sort key of 1,025 bytes', put(keyOf('long', 's'.repeat(1025)))],
    ['an empty key', put(keyOf(''))],
    ['an empty set', put({ ...keyOf('set'), x: { SS: [] } })],
    [
      'an update that names a reserved word',
      new UpdateItemCommand({
        TableName,
        Key: keyOf('word'),
        UpdateExpression: 'SET name = :v',
        ExpressionAttributeValues: { ':v': { S: 'x' } },
      }),
    ],
  ])('refuses %s', async (_, command) => {
    await expect(run(command)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('does nothing when a transaction is repeated with its token', async () => {
    const Put = { TableName, Item: keyOf('token'), ConditionExpression: 'attribute_not_exists(k)' };
    const once = { TransactItems: [{ Put }], ClientRequestToken: 'once' };
    await client.send(new TransactWriteItemsCommand(once));
    await client.send(new TransactWriteItemsCommand(once));
    const other = new TransactWriteItemsCommand({ ...once, ClientRequestToken: 'other' });
    await expect(client.send(other)).rejects.toMatchObject({ name: 'TransactionCanceledException' });
  });

  it('ends the page of a Query at 1 MB', async () => {
    for (const n of times(5, String)) await run(put({ ...keyOf('page', n), ...big(300 * KB) }));
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'k = :k',
        ExpressionAttributeValues: { ':k': { S: 'page' } },
      }),
    );
    expect(page.Count).toBeLessThan(5);
    expect(page.LastEvaluatedKey).toBeDefined();
  });

  it('leaves keys of a BatchGetItem above 16 MB unprocessed', async () => {
    const bytes = 300 * KB;
    for (const n of times(60, (index) => index)) await run(put({ ...keyOf(`${bytes}-${n}`), ...big(bytes) }));
    const { UnprocessedKeys } = await client.send(batchGet(60, bytes));
    expect(UnprocessedKeys?.[TableName]?.Keys?.length).toBeGreaterThan(0);
  });

  it('returns an item whose time to live is over until it has been deleted', async () => {
    await run(put({ ...keyOf('ttl'), ttl: { N: '1000' } }));
    expect((await client.send(new GetItemCommand({ TableName, Key: keyOf('ttl') }))).Item).toBeDefined();
  });
});
