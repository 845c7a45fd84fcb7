import { gunzipSync } from 'node:zlib';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListBucketsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { dynamoDbClient, s3Client } from '../../../local/emulators/clients.ts';
import type { LocalRuntime } from '../../../local/runtime.ts';

/** A row or an object, as text that can be searched. */
export interface Stored {
  readonly place: string;
  readonly text: string;
}

/**
 * All that a stack has stored: every row of every table, and every object of every bucket.
 * @param sinceMs leaves out objects that were stored before
 */
export async function everythingIn(
  { stack, endpoints }: Pick<LocalRuntime, 'stack' | 'endpoints'>,
  sinceMs = 0,
): Promise<Stored[]> {
  const rows = await Promise.all(
    stack.tables.map(({ logicalId, tableName }) => rowsOf(endpoints.dynamodb, logicalId, tableName)),
  );
  return [...rows.flat(), ...(await objectsOf(endpoints.s3, sinceMs))];
}

async function rowsOf(endpoint: string, logicalId: string, TableName: string): Promise<Stored[]> {
  const client = dynamoDbClient(endpoint);
  const found: Stored[] = [];
  let ExclusiveStartKey: Record<string, never> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName, ConsistentRead: true, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    );
    for (const item of page.Items ?? []) {
      const row = unmarshall(item);
      const text = JSON.stringify(row, (_, value) => (value instanceof Set ? [...value] : value));
      found.push({ place: `${logicalId} ${row['pk'] ?? row['userId']} ${row['sk'] ?? ''}`, text });
    }
    ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
  } while (ExclusiveStartKey !== undefined);
  client.destroy();
  return found;
}

async function objectsOf(endpoint: string, sinceMs: number): Promise<Stored[]> {
  const client = s3Client(endpoint);
  const found: Stored[] = [];
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  for (const { Name: Bucket = '' } of Buckets) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
      for (const { Key = '', LastModified } of Contents) {
        // S3's times are whole seconds.
        if (LastModified !== undefined && LastModified.getTime() + 1_000 < sinceMs) continue;
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        const text = (Key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
        found.push({ place: `${Bucket}/${Key}`, text });
      }
    }
  }
  client.destroy();
  return found;
}
