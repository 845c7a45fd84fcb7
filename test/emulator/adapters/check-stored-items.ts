import { readFileSync, writeFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DATA_VERSION } from '../../../lambdas/shared/data-version.ts';
import type { TableModel } from '../../../local/model.ts';
import {
  type Attributes,
  type Change,
  changesOf,
  formatCatalogue,
  goneFrom,
  type Item,
  kindsOf,
  parseCatalogue,
  type StoredItems,
} from './stored-items.ts';

const LIST = new URL('../../fixtures/stored-items.txt', import.meta.url);
const TABLES = ['Conversations', 'Messages', 'Routes', 'Inbox', 'Desk', 'Tokens'];

/**
 * Compares all that the tests have left in the tables with the list; after all of them (`npm run stored-items`), writes it.
 * @throws {Error} it is not as the list has it
 */
export async function checkStoredItems(client: DynamoDBClient, tables: readonly TableModel[]): Promise<void> {
  const stored = await storedIn(client, tables);
  const listed = parseCatalogue(readFileSync(LIST, 'utf8'));
  const isWhole = process.env['STORED_ITEMS'] === 'write';
  const changes = [...changesOf(listed.items, stored), ...(isWhole ? goneFrom(listed.items, stored) : [])];
  const breaking = changes.filter(({ breaks }) => breaks);
  if (isWhole && (breaking.length === 0 || DATA_VERSION > listed.dataVersion))
    return writeFileSync(LIST, formatCatalogue({ dataVersion: DATA_VERSION, items: stored }));
  if (changes.length > 0) throw new Error(adviceOn(changes, breaking));
}

function adviceOn(changes: readonly Change[], breaking: readonly Change[]): string {
  const what = changes.map((change) => change.what).join('; ');
  return breaking.length === 0
    ? `What is stored has changed: ${what}. If the earlier release ignores it, and this one reads items without it: npm run stored-items.`
    : `What is stored has changed, and the earlier release reads it, too: ${what}. Make it optional and keep the old shape, or raise DATA_VERSION, say in docs/upgrading.md what to do, and npm run stored-items.`;
}

async function storedIn(client: DynamoDBClient, tables: readonly TableModel[]): Promise<StoredItems> {
  const { DynamoDBDocumentClient, paginateScan } = await import('@aws-sdk/lib-dynamodb');
  const documents = DynamoDBDocumentClient.from(client);
  const kinds = new Map<string, Attributes>();
  for (const { logicalId, tableName: TableName, definition } of tables) {
    const table = TABLES.find((name) => logicalId.includes(name)) ?? logicalId;
    const schema = definition['KeySchema'] as readonly { readonly AttributeName: string }[];
    const items: Item[] = [];
    for await (const page of paginateScan({ client: documents }, { TableName, ConsistentRead: true }))
      items.push(...(page.Items ?? []));
    const keys = schema.map(({ AttributeName }) => AttributeName);
    for (const [kind, attributes] of kindsOf(table, keys, items)) kinds.set(kind, attributes);
  }
  return kinds;
}
