import type { Logger } from '../support/logger.ts';
import { OutboxJournal } from './outbox-journal.ts';

/** Keys and values that survive the program. Calls come one at a time, in order. */
export interface StoreBackend {
  /** All that is there. */
  entries(): Promise<Iterable<readonly [key: string, value: string]>>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/**
 * Where a client keeps what must survive the program: unsent messages. One store a user: give each a name of its own.
 * What the backend rejects is logged, and the message is sent all the same.
 */
export class Store {
  readonly #backend: StoreBackend;

  constructor(backend: StoreBackend) {
    this.#backend = backend;
  }

  get backend(): StoreBackend {
    return this.#backend;
  }

  /** @internal A client without a store ships no code for it. */
  journal(logger: Logger): OutboxJournal {
    return new OutboxJournal(this.#backend, logger);
  }
}

/** Keeps nothing beyond the program: for tests, and to hand messages from one client object to the next. */
export function memoryStore(): Store {
  const values = new Map<string, string>();
  return new Store({
    entries: async () => [...values],
    set: async (key, value) => void values.set(key, value),
    remove: async (key) => void values.delete(key),
  });
}

/** In `localStorage` (or one like it), under keys that begin with the name. Holds some 5 MB for the whole site. */
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
