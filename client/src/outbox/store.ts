import type { Logger } from '../support/logger.ts';
import { OutboxJournal } from './outbox-journal.ts';
import type { StoreBackend } from './store-backend.ts';

/**
 * Keeps a client's unsent messages when the program ends. Each user needs a store of their own: give each a different
 * name. Errors of the backend are logged; the message is sent nevertheless.
 */
export class Store {
  readonly #backend: StoreBackend;

  constructor(backend: StoreBackend) {
    this.#backend = backend;
  }

  get backend(): StoreBackend {
    return this.#backend;
  }

  /** @internal Made here, so that a client without a store doesn't ship the code of the journal. */
  journal(logger: Logger): OutboxJournal {
    return new OutboxJournal(this.#backend, logger);
  }
}

/** Lives as long as the program: for tests, and to pass messages from one client object to the next. */
export function memoryStore(): Store {
  const values = new Map<string, string>();
  return new Store({
    entries: async () => [...values],
    set: async (key, value) => void values.set(key, value),
    remove: async (key) => void values.delete(key),
  });
}

/** Uses `localStorage` (or a replacement), with keys that begin with the name. It holds some 5 MB for the whole site. */
export function localStorageStore(name: string, storage: Storage = globalThis.localStorage): Store {
  const prefix = `${name}/`;
  return new Store({
    entries: async () =>
      Object.keys(storage)
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), storage.getItem(key) ?? '']),
    set: async (key, value) => storage.setItem(prefix + key, value),
    remove: async (key) => storage.removeItem(prefix + key),
  });
}
