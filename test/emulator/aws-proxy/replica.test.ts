import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoDbClient } from '../../../local/emulators/clients.ts';
import { type Key, newKey, put, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

/** Longer than any test: only `holdReplica` brings the replica up to date. */
const HELD = { staleReads: { ms: 3_600_000 } };

type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** The same item by each operation that reads, strongly consistent or not. */
async function read({ dynamoDb }: Proxy, Key: Key, ConsistentRead: boolean): Promise<number[]> {
  const isPresent = (found: unknown) => (found === undefined ? 0 : 1);
  const [got, batch, query, indexed] = await Promise.all([
    dynamoDb.send(new GetItemCommand({ TableName: TABLE, Key, ConsistentRead })),
    dynamoDb.send(new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys: [Key], ConsistentRead } } })),
    dynamoDb.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': Key.pk },
        ConsistentRead,
      }),
    ),
    dynamoDb.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName: 'bySeq',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': Key.pk },
        ConsistentRead,
      }),
    ),
  ]);
  return [isPresent(got.Item), batch.Responses?.[TABLE]?.length ?? 0, query.Count ?? 0, indexed.Count ?? 0];
}
const eventually = (proxy: Proxy, key: Key) => read(proxy, key, false);
const strongly = (proxy: Proxy, key: Key) => read(proxy, key, true);
const [NOTHING, FOUND] = [
  [0, 0, 0, 0],
  [1, 1, 1, 1],
];

describe('an eventually consistent read of a proxy with stale reads', () => {
  it('misses a write that a strong read finds, until the replica has it', async () => {
    const proxy = await startProxy(HELD);
    const key = newKey();
    await proxy.dynamoDb.send(put(key));
    expect(await strongly(proxy, key)).toEqual(FOUND);
    expect(await eventually(proxy, key)).toEqual(NOTHING);
    await proxy.proxy.holdReplica();
    expect(await eventually(proxy, key)).toEqual(FOUND);
  });

  it('costs half the units of a strong one', async () => {
    const { dynamoDb, proxy } = await startProxy(HELD);
    const get = { TableName: TABLE, Key: newKey() };
    await dynamoDb.send(new GetItemCommand(get));
    expect(proxy.counts().readUnits).toBe(0.5);
  });

  it.each([
    ['a put', (Item: Key) => put(Item)],
    [
      'an update',
      (Key: Key) =>
        new UpdateItemCommand({
          TableName: TABLE,
          Key,
          UpdateExpression: 'SET seq = :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
    ],
    [
      'a batch',
      (key: Key) =>
        new BatchWriteItemCommand({
          RequestItems: { [TABLE]: [{ PutRequest: { Item: { ...key, seq: { N: '1' } } } }] },
        }),
    ],
    [
      'a transaction',
      (key: Key) =>
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName: TABLE, Item: { ...key, seq: { N: '1' } } } }],
        }),
    ],
  ] as const)('sees %s when its time has come', async (_, command) => {
    const proxy = await startProxy({ staleReads: { ms: 20 } });
    const key = newKey();
    await proxy.dynamoDb.send(command(key) as ReturnType<typeof put>);
    await expect.poll(() => eventually(proxy, key)).toEqual(FOUND);
  });

  it('still finds an item that was deleted a moment ago', async () => {
    const proxy = await startProxy(HELD);
    const key = newKey();
    await proxy.dynamoDb.send(put(key));
    const release = await proxy.proxy.holdReplica();
    await proxy.dynamoDb.send(new DeleteItemCommand({ TableName: TABLE, Key: key }));
    expect(await strongly(proxy, key)).toEqual(NOTHING);
    expect(await eventually(proxy, key)).toEqual(FOUND);
    release();
    await proxy.proxy.holdReplica();
    expect(await eventually(proxy, key)).toEqual(NOTHING);
  });

  it('never finds an older state of an item after a newer one, however the lag varies', async () => {
    const { dynamoDb } = await startProxy({ staleReads: { quantilesMs: [0, 30] } });
    const Key = newKey();
    const readText = async () => {
      const { Item } = await dynamoDb.send(new GetItemCommand({ TableName: TABLE, Key }));
      return Number(Item?.['seq']?.N ?? 0);
    };
    const seen: number[] = [];
    for (let count = 1; count <= 20; count += 1) {
      await dynamoDb.send(
        new UpdateItemCommand({
          TableName: TABLE,
          Key,
          UpdateExpression: 'SET seq = :count',
          ExpressionAttributeValues: { ':count': { N: String(count) } },
        }),
      );
      seen.push(await readText());
    }
    await expect.poll(readText).toBe(20);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('finds what the table held before the proxy started', async () => {
    const key = newKey();
    const { dynamoDb } = await startProxy();
    await dynamoDb.send(put(key));
    expect(await eventually(await startProxy(HELD), key)).toEqual(FOUND);
  });

  it('sees what a test wrote through the proxy, and no test reads stale', async () => {
    const proxy = await startProxy(HELD);
    const test = dynamoDbClient(proxy.endpoints.dynamodb);
    const key = newKey();
    await test.send(put(key));
    expect(await eventually(proxy, key)).toEqual(NOTHING);
    expect(await eventually({ ...proxy, dynamoDb: test }, key)).toEqual(FOUND);
    await proxy.proxy.holdReplica();
    expect(await eventually(proxy, key)).toEqual(FOUND);
    test.destroy();
  });
});
