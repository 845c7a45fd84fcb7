import { recordOf } from '../json.ts';
import type { TableModel } from '../model.ts';
import { listOf } from './request.ts';

/** An item's primary key, as in DynamoDB's JSON: `{ pk: { S: 'alice' } }`. */
export type Key = Readonly<Record<string, unknown>>;

export interface ItemKey {
  readonly table: string;
  readonly key: Key;
  /** The same text for the same item. */
  readonly id: string;
}

/** Finds the items that a request writes. Knows the tables' keys, since a put contains its key among the attributes. */
export class ItemKeys {
  readonly #names: ReadonlyMap<string, readonly string[]>;

  constructor(tables: readonly Pick<TableModel, 'tableName' | 'definition'>[]) {
    this.#names = new Map(
      tables.map(({ tableName, definition }) => [
        tableName,
        listIn(definition['KeySchema']).map((key) => String(recordOf(key)['AttributeName'])),
      ]),
    );
  }

  /** The items that the request would change, without the items that a transaction only checks. */
  writtenBy(operation: string, input: unknown): readonly ItemKey[] {
    return writesIn(operation, input).flatMap(({ table, item }) => this.#keyOf(table, item));
  }

  /** All items of a transaction, or the item of a single write. */
  involvedIn(operation: string, input: unknown): readonly ItemKey[] {
    if (operation !== 'TransactWriteItems') return this.writtenBy(operation, input);
    // By position, so that a cancellation can name the item.
    return actionsIn(input).flatMap(({ table, item }) => this.#keyOf(table, item));
  }

  keyOf(table: string, item: unknown): ItemKey | undefined {
    return this.#keyOf(table, item)[0];
  }

  #keyOf(table: string, item: unknown): readonly ItemKey[] {
    const names = this.#names.get(table);
    if (names === undefined) return [];
    const key = Object.fromEntries(names.map((name) => [name, recordOf(item)[name]]));
    return [{ table, key, id: `${table} ${JSON.stringify(key)}` }];
  }
}

interface TableItem {
  readonly table: string;
  /** The item of a put, the key of any other write. */
  readonly item: unknown;
}

function writesIn(operation: string, input: unknown): readonly TableItem[] {
  const { TableName: table, Item, Key, RequestItems } = recordOf(input);
  if (operation === 'BatchWriteItem') {
    return Object.entries(recordOf(RequestItems)).flatMap(([name, part]) =>
      listOf(part).map((request) => ({ table: name, item: itemOf(request) })),
    );
  }
  if (operation === 'TransactWriteItems') return actionsIn(input).filter(({ isCheck }) => !isCheck);
  return [{ table: String(table), item: Item ?? Key }];
}

function actionsIn(input: unknown): readonly (TableItem & { readonly isCheck: boolean })[] {
  return listIn(recordOf(input)['TransactItems']).flatMap((action) =>
    Object.entries(recordOf(action)).map(([kind, fields]) => {
      const { TableName: table, Item, Key } = recordOf(fields);
      return { table: String(table), item: Item ?? Key, isCheck: kind === 'ConditionCheck' };
    }),
  );
}

function itemOf(writeRequest: unknown): unknown {
  const { PutRequest: put, DeleteRequest: remove } = recordOf(writeRequest);
  return recordOf(put)['Item'] ?? recordOf(remove)['Key'];
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
