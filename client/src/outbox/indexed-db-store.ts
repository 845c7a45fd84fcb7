import type { FileData } from '../model/upload.ts';
import { Store } from './store.ts';

const TABLE = 'entries';

/** An `IDBFactory`. Its type is the browser's, which is not everywhere. */
export interface Databases {
  /** Opens a database, as `indexedDB.open` does. */
  open(name: string, version: number): object;
}

/**
 * A store in the IndexedDB database with this name. An entry survives a crash of the browser right after it was set.
 *
 * @example
 * createClient({ wsUrl, httpUrl, getToken, store: indexedDbStore('outbox-of-alice') });
 */
export function indexedDbStore(name: string, indexedDB?: Databases): Store {
  let opened: Promise<IDBDatabase> | undefined;
  const forget = (): void => {
    opened = undefined;
  };
  const open = async (): Promise<IDBDatabase> => {
    // Looked up here, since a browser that blocks storage throws or has none.
    const request = (indexedDB ?? globalThis.indexedDB).open(name, 1) as IDBOpenDBRequest;
    request.onupgradeneeded = () => void request.result.createObjectStore(TABLE);
    const database = await resultOf(request);
    // Another tab deletes the database, which must not wait for this one; or the browser closes it. The next call reopens.
    database.onversionchange = () => {
      database.close();
      forget();
    };
    database.onclose = forget;
    return database;
  };
  /** Opens the database once more if it was closed, or deleted under this page. */
  const use = async <Result>(
    mode: IDBTransactionMode,
    work: (table: IDBObjectStore) => Promise<Result>,
    again = true,
  ): Promise<Result> => {
    try {
      opened ??= open();
      return await work((await opened).transaction(TABLE, mode).objectStore(TABLE));
    } catch (error) {
      forget();
      if (again) return use(mode, work, false);
      throw error;
    }
  };
  const change = (run: (table: IDBObjectStore) => void): Promise<void> =>
    use('readwrite', (table) => {
      run(table);
      const { transaction } = table;
      return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
    });
  return new Store({
    entries: () =>
      use('readonly', async (table) => {
        const [keys, values] = await Promise.all([resultOf(table.getAllKeys()), resultOf(table.getAll())]);
        // Files are in the same table: a new one would lock out the tabs with the code of before.
        return keys
          .map((key, index) => [String(key), values[index]] as const)
          .filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string');
      }),
    set: (key, value) => change((table) => table.put(value, key)),
    remove: (key) => change((table) => table.delete(key)),
    setFile: (key, file) => change((table) => table.put(file, key)),
    file: (key) => use('readonly', (table) => resultOf<FileData | undefined>(table.get(key))),
  });
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
