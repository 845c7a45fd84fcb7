import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceNotFoundException,
  type StreamSpecification,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { TableModel } from '../model.ts';
import { OperatorError } from '../operator-error.ts';

/**
 * Creates missing tables, and gives existing ones the stream that the stack says.
 * @throws {OperatorError} if one exists with a different key: its data would not be found
 */
export async function createTables(client: DynamoDBClient, tables: readonly TableModel[]): Promise<void> {
  await Promise.all(tables.map((table) => createTable(client, table)));
}

async function createTable(client: DynamoDBClient, table: TableModel): Promise<void> {
  const StreamSpecification = streamOf(table);
  const input = {
    ...table.definition,
    TableName: table.tableName,
    StreamSpecification,
  } as CreateTableCommandInput;
  const existing = await describe(client, table.tableName);
  if (existing) {
    if (shapeOf(existing) === shapeOf(input)) return switchStream(client, table, existing);
    throw new OperatorError(
      `The table ${table.tableName} in the data folder has a different key or index than in the stack; start with --fresh.`,
    );
  }
  await client.send(new CreateTableCommand(input));
  await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName: table.tableName });
  if (table.ttlAttribute === undefined) return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table.tableName,
      TimeToLiveSpecification: { Enabled: true, AttributeName: table.ttlAttribute },
    }),
  );
}

/**
 * With both images whatever the template says: only they show that a write changed nothing, of which AWS makes no record. The
 * event source leaves out what the view type doesn't have.
 */
function streamOf({ streamViewType }: TableModel): StreamSpecification {
  if (streamViewType === undefined) return { StreamEnabled: false };
  return { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' };
}

/** A table of the data folder may be older than the option that gives it a stream. */
async function switchStream(
  client: DynamoDBClient,
  table: TableModel,
  { StreamSpecification: former }: TableDescription,
): Promise<void> {
  const StreamSpecification = streamOf(table);
  if ((former?.StreamEnabled ?? false) === StreamSpecification.StreamEnabled) return;
  await client.send(new UpdateTableCommand({ TableName: table.tableName, StreamSpecification }));
}

async function describe(client: DynamoDBClient, name: string) {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

interface IndexShape {
  readonly IndexName?: string | undefined;
  readonly KeySchema?: readonly KeySchemaElement[] | undefined;
}

interface TableShape extends IndexShape {
  readonly LocalSecondaryIndexes?: readonly IndexShape[] | undefined;
  readonly GlobalSecondaryIndexes?: readonly IndexShape[] | undefined;
}

function shapeOf(table: TableShape): string {
  const keys = ({ KeySchema }: IndexShape) =>
    (KeySchema ?? []).map((key) => `${key.KeyType}=${key.AttributeName}`).sort();
  const indexes = [...(table.LocalSecondaryIndexes ?? []), ...(table.GlobalSecondaryIndexes ?? [])];
  const names = indexes.map((index) => `${index.IndexName}:${keys(index).join()}`).sort();
  return JSON.stringify([keys(table), names]);
}
