import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { BenchStack } from './bench-stack.ts';
import { PHANTOM } from './phantom-gateway.ts';

type Item = Readonly<Record<string, unknown>>;

const BATCH_WRITE = 25;

/** Writes the rows that the functions would have written, without counting the calls. */
export async function seedRows(
  documents: DynamoDBDocumentClient,
  table: string,
  items: readonly Item[],
): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH_WRITE) {
    const requests = items.slice(start, start + BATCH_WRITE).map((Item) => ({ PutRequest: { Item } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
  }
}

/** API Gateway's connection ids have 16 characters and end in `=`. */
export function phantomConnection(n: number): string {
  return `${PHANTOM}${String(n).padStart(7, '0')}=`;
}

const HOUR_MS = 3_600_000;

/** Users with one simulated session each, which accepts every post. Uses the item layout of lambdas/adapters/route-table.ts. */
export async function seedRoutes(
  { documents, table }: Pick<BenchStack, 'documents' | 'table'>,
  users: readonly string[],
): Promise<void> {
  const nowMs = Date.now();
  const items = users.map((userId) => {
    phantoms += 1;
    const session = {
      c: phantomConnection(phantoms),
      m: 'managed',
      a: nowMs - 60_000,
      e: nowMs + HOUR_MS,
      l: nowMs + HOUR_MS,
    };
    return { userId, 'd#phone': session };
  });
  await seedRows(documents, table('Routes'), items);
}

let phantoms = 0;

/** Members who joined when the group was created. Uses the item layout of lambdas/adapters/group-table.ts. */
export async function seedMembers(
  { documents, table }: Pick<BenchStack, 'documents' | 'table'>,
  conversationId: string,
  users: readonly string[],
): Promise<void> {
  const rows = users.flatMap((userId) => [
    { pk: conversationId, sk: `m#${userId}`, joinedSeq: 1 },
    { pk: `u#${userId}`, sk: conversationId, readSeq: 0, visibleFrom: 1 },
  ]);
  await seedRows(documents, table('Conversations'), rows);
}
