import type { FileData } from '../model/upload.ts';
import { after } from '../support/environment.ts';
import { withTimeout } from '../transport/timeout.ts';
import { type InTurn, type JournalPorts, keysOfEntry, OutboxJournal, PREFIX } from './outbox-journal.ts';
import type { StoreBackend } from './store-backend.ts';

/**
 * Keeps a client's unsent messages when the program ends. Each user needs a separate store: give each a different name.
 * Errors of the backend are logged, and the message is sent anyway.
 *
 * @example
 * createClient({ wsUrl, httpUrl, getToken, store: new Store(backend) });
 */
export class Store {
  readonly #backend: StoreBackend;
  #lastTurn: Promise<unknown> = Promise.resolve();

  /** @param backend where to keep the entries; `indexedDbStore` and `localStorageStore` have their own */
  constructor(backend: StoreBackend) {
    this.#backend = backend;
  }

  /** Where the entries are kept. */
  get backend(): StoreBackend {
    return this.#backend;
  }

  /**
   * How many messages the store keeps: unsent ones, and refused ones that were not discarded. Ask it before a sign-out.
   * @throws if the backend fails; a `TimeoutError` if it does not answer within 5 s
   */
  async unsentCount(): Promise<number> {
    return (await inTime(this.#inTurn(() => this.#messages()))).length;
  }

  /**
   * Removes all messages from the store, for a user who signs out of a device that others use. Close the client first:
   * an open one still sends what it has in memory.
   * @throws if the backend fails, or does not answer within 5 s; some messages may be left
   * @example
   * im.close();
   * await store.clear();
   */
  clear(): Promise<void> {
    const emptied = this.#inTurn(async () => {
      for (const entry of await this.#messages())
        for (const key of keysOfEntry(...entry)) await this.#backend.remove(key);
    });
    return inTime(emptied);
  }

  async #messages(): Promise<(readonly [key: string, value: string])[]> {
    return [...(await this.#backend.entries())].filter(([key]) => key.startsWith(PREFIX));
  }

  /** A message that is being written when `clear` is called would otherwise outlive it. */
  readonly #inTurn: InTurn = (task) => {
    const done = this.#lastTurn.then(task);
    this.#lastTurn = done.catch(() => {});
    return done;
  };

  /** @internal Created here, so that a client without a store doesn't ship the journal's code. */
  journal(ports: () => JournalPorts): OutboxJournal {
    return new OutboxJournal(this.#backend, this.#inTurn, ports);
  }
}

/** A browser may leave a call without an answer, for example while another tab deletes the database. */
const ANSWER_MS = 5_000;

function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return withTimeout({ after }, work, 'the store', ANSWER_MS);
}

/**
 * A store in memory: for tests, and to hand unsent messages from one client object to the next.
 *
 * @example
 * const store = memoryStore();
 */
export function memoryStore(): Store {
  const values = new Map<string, string>();
  const files = new Map<string, FileData>();
  return new Store({
    entries: async () => [...values],
    set: async (key, value) => void values.set(key, value),
    remove: async (key) => {
      values.delete(key);
      files.delete(key);
    },
    setFile: async (key, file) => void files.set(key, file),
    file: async (key) => files.get(key),
  });
}

/** The part of `Storage` that a store uses. Its keys are its own properties, as a browser's are. */
export interface KeyStorage {
  /** Returns the value; null if there is none. */
  getItem(key: string): string | null;
  /** Stores a value. Throws if the quota is exceeded. */
  setItem(key: string, value: string): void;
  /** Removes a key. */
  removeItem(key: string): void;
}

/**
 * A store in `localStorage` (or the given `Storage`), with keys that start with the name. Browsers allow about 5 MB for
 * the whole site; prefer `indexedDbStore`.
 *
 * @example
 * createClient({ wsUrl, httpUrl, getToken, store: localStorageStore('outbox-of-alice') });
 */
export function localStorageStore(name: string, storage?: KeyStorage): Store {
  const prefix = `${name}/`;
  // Looked up at each call, since a browser that blocks storage throws.
  const at = (): KeyStorage => storage ?? globalThis.localStorage;
  return new Store({
    entries: async () =>
      Object.keys(at())
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), at().getItem(key) ?? '']),
    set: async (key, value) => at().setItem(prefix + key, value),
    remove: async (key) => at().removeItem(prefix + key),
  });
}
