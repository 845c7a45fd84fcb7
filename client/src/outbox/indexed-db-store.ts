import { Store } from './store.ts';

const TABLE = 'entries';

/**
 * A store in the IndexedDB database with this name. An entry survives a crash of the browser right after it was set.
 *
 * @example
 * createClient({ wsUrl, httpUrl, getToken, store: indexedDbStore('outbox-of-alice') });
 */
export function indexedDbStore(name: string, indexedDB: IDBFactory = globalThis.indexedDB): Store {
  let opened: Promise<IDBDatabase> | undefined;
  const open = (): Promise<IDBDatabase> => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(TABLE);
    return resultOf(request);
  };
  /** The next call opens it again after a failure. */
  const database = (): Promise<IDBDatabase> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const change = async (run: (table: IDBObjectStore) => void): Promise<void> => {
    const transaction = (await database()).transaction(TABLE, 'readwrite');
    run(transaction.objectStore(TABLE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return new Store({
    async entries() {
      const table = (await database()).transaction(TABLE).objectStore(TABLE);
      const [keys, values] = await Promise.all([resultOf(table.getAllKeys()), resultOf(table.getAll())]);
      return keys.map((key, index) => [String(key), String(values[index])]);
    },
    set: (key, value) => change((table) => table.put(value, key)),
    remove: (key) => change((table) => table.delete(key)),
  });
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
