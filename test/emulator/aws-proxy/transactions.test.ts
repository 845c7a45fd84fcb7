import {
  type DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { failureOf, type Key, newKey, put, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

const check = (Key: Key) => ({
  ConditionCheck: { TableName: TABLE, Key, ConditionExpression: 'attribute_not_exists(pk)' },
});
const putOf = (key: Key) => ({ Put: { TableName: TABLE, Item: { ...key, seq: { N: '1' } } } });
const update = (Key: Key) =>
  new UpdateItemCommand({
    TableName: TABLE,
    Key,
    UpdateExpression: 'ADD #count :one',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':one': { N: '1' } },
  });

type Action = ReturnType<typeof check> | ReturnType<typeof putOf>;
const transact = (dynamoDb: DynamoDBClient, actions: readonly Action[], ClientRequestToken?: string) =>
  dynamoDb.send(
    new TransactWriteItemsCommand({
      TransactItems: [...actions],
      ...(ClientRequestToken !== undefined && { ClientRequestToken }),
    }),
  );

/** A proxy with a transaction in flight. */
async function during(actions: readonly Action[], token?: string) {
  const fixture = await startProxy();
  const breakpoint = fixture.proxy.setBreakpoint({ operation: 'TransactWriteItems', when: 'during' });
  const finished = transact(fixture.dynamoDb, actions, token);
  await breakpoint.reached;
  return {
    ...fixture,
    async finish() {
      breakpoint.release();
      await finished;
    },
  };
}

async function reasonsOf(transaction: Promise<unknown>) {
  const error = await transaction.catch((caught: unknown) => caught);
  if (!(error instanceof TransactionCanceledException)) throw error;
  return error.CancellationReasons?.map(({ Code }) => Code);
}

describe('a transaction in flight', () => {
  it.each([
    ['a put', (dynamoDb: DynamoDBClient, key: Key) => dynamoDb.send(put(key))],
    ['an update', (dynamoDb: DynamoDBClient, key: Key) => dynamoDb.send(update(key))],
  ] as const)('makes %s of its item fail, until it has ended', async (_, write) => {
    const key = newKey();
    const { dynamoDb, finish, proxy } = await during([putOf(key)]);
    expect(await failureOf(write(dynamoDb, key))).toBe('TransactionConflictException');
    expect(proxy.calls.at(-1)).toMatchObject({ forwarded: false, error: 'TransactionConflictException' });
    await finish();
    await write(dynamoDb, key);
  });

  it('cancels another one that has an item of it, and says which', async () => {
    const [shared, own] = [newKey(), newKey()];
    const { dynamoDb, finish, stored } = await during([putOf(shared)]);
    expect(await reasonsOf(transact(dynamoDb, [putOf(own), putOf(shared)]))).toEqual([
      'None',
      'TransactionConflict',
    ]);
    expect(await stored(own)).toBe(false);
    await finish();
    await transact(dynamoDb, [putOf(own), putOf(shared)]);
    expect(await stored(own)).toBe(true);
  });

  it('has the items that it only checks, too', async () => {
    const checked = newKey();
    const { dynamoDb, finish } = await during([check(checked)]);
    expect(await failureOf(dynamoDb.send(put(checked)))).toBe('TransactionConflictException');
    await finish();
  });

  it('leaves other items alone', async () => {
    const { dynamoDb, finish } = await during([putOf(newKey())]);
    await dynamoDb.send(put(newKey()));
    await transact(dynamoDb, [putOf(newKey())]);
    await finish();
  });

  it('refuses a repeat of itself as being in progress', async () => {
    const key = newKey();
    const { dynamoDb, finish } = await during([putOf(key)], 'token');
    expect(await failureOf(transact(dynamoDb, [putOf(key)], 'token'))).toBe('TransactionInProgressException');
    await finish();
  });
});

describe('a transaction whose client has gone', () => {
  it('keeps its item until the release', async () => {
    const { dynamoDb, proxy } = await startProxy();
    const key = newKey();
    const breakpoint = proxy.setBreakpoint({ operation: 'TransactWriteItems', when: 'during' });
    const client = new AbortController();
    const input = { TransactItems: [putOf(key)] };
    const going = dynamoDb.send(new TransactWriteItemsCommand(input), { abortSignal: client.signal });
    await breakpoint.reached;
    client.abort();
    await expect(going).rejects.toThrow();
    const other = () => transact(dynamoDb, [check(key), putOf(newKey())]);
    expect(await reasonsOf(other())).toEqual(['TransactionConflict', 'None']);
    breakpoint.release();
    await expect.poll(() => proxy.calls[0]?.outcome).toBe('abandoned');
    await other();
  });
});

describe('a single write in flight', () => {
  it('cancels no transaction', async () => {
    const { dynamoDb, proxy, stored } = await startProxy();
    const key = newKey();
    const breakpoint = proxy.setBreakpoint({ operation: 'PutItem', when: 'during' });
    const putting = dynamoDb.send(put(key));
    await breakpoint.reached;
    await transact(dynamoDb, [putOf(key)]);
    expect(await stored(key)).toBe(true);
    breakpoint.release();
    await putting;
  });
});
