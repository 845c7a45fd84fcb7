import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { recordOf } from '../json.ts';
import type { TableModel } from '../model.ts';

/**
 * An attribute that an item gets just before it is deleted since it has expired. The emulator's record of the deletion then
 * shows it, and the event source knows whose deletion it was, even after a restart.
 */
export const EXPIRED_MARK = 'local:expired';

const AT_ONCE = 10;

/**
 * Deletes what has expired, as DynamoDB does within days; the emulator never does.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 * @param nowMs the time by which an item must have expired
 * @returns the number of deleted items
 */
export async function expireItems(
  client: DynamoDBClient,
  tables: readonly TableModel[],
  nowMs: number,
): Promise<number> {
  const counts = await Promise.all(tables.map((table) => expireTable(client, table, nowMs)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function expireTable(client: DynamoDBClient, table: TableModel, nowMs: number): Promise<number> {
  const { tableName: TableName, ttlAttribute } = table;
  if (ttlAttribute === undefined) return 0;
  const expired = {
    ExpressionAttributeNames: { '#ttl': ttlAttribute },
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(nowMs / 1000)) } },
  };
  const FilterExpression = '#ttl < :now';
  const names = keyNamesOf(table);
  let count = 0;
  for await (const { Items = [] } of paginateScan({ client }, { TableName, FilterExpression, ...expired })) {
    for (let start = 0; start < Items.length; start += AT_ONCE) {
      const deleted = await Promise.all(
        Items.slice(start, start + AT_ONCE).map((item) =>
          expireItem(client, { TableName, Key: keyOf(item, names), ...expired }),
        ),
      );
      count += deleted.filter(Boolean).length;
    }
  }
  return count;
}

interface Expired {
  readonly TableName: string;
  readonly Key: Record<string, AttributeValue>;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
}

/** False if the item has got another expiry meanwhile, or is gone. */
async function expireItem(client: DynamoDBClient, expired: Expired): Promise<boolean> {
  const ExpressionAttributeNames = { ...expired.ExpressionAttributeNames, '#mark': EXPIRED_MARK };
  const { TableName, Key, ExpressionAttributeValues } = expired;
  const values = { ...ExpressionAttributeValues, ':yes': { BOOL: true } };
  try {
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key,
        ExpressionAttributeNames,
        UpdateExpression: 'SET #mark = :yes',
        ConditionExpression: '#ttl < :now',
        ExpressionAttributeValues: values,
      }),
    );
    await client.send(
      new DeleteItemCommand({
        TableName,
        Key,
        ExpressionAttributeNames,
        ConditionExpression: '#ttl < :now AND #mark = :yes',
        ExpressionAttributeValues: values,
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    await unmark(client, TableName, Key);
    return false;
  }
}

async function unmark(client: DynamoDBClient, TableName: string, Key: Record<string, AttributeValue>) {
  const names = { ExpressionAttributeNames: { '#mark': EXPIRED_MARK } };
  const command = new UpdateItemCommand({
    TableName,
    Key,
    ...names,
    UpdateExpression: 'REMOVE #mark',
    ConditionExpression: 'attribute_exists(#mark)',
  });
  await client.send(command).catch((error: unknown) => {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  });
}

function keyNamesOf({ definition }: TableModel): readonly string[] {
  const keys = definition['KeySchema'] as readonly unknown[];
  return keys.map((key) => String(recordOf(key)['AttributeName']));
}

function keyOf(
  item: Record<string, AttributeValue>,
  names: readonly string[],
): Record<string, AttributeValue> {
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}
