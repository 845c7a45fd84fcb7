import type { FileData } from '../model/upload.ts';

/**
 * Persistent keys and values, for a `Store` of your own. The client makes one call at a time, in order. A method that
 * fails rejects; the client logs that.
 *
 * @example
 * // AsyncStorage of React Native:
 * const backend: StoreBackend = {
 *   entries: async () => (await AsyncStorage.multiGet(await AsyncStorage.getAllKeys())).map(([k, v]) => [k, v ?? '']),
 *   set: (key, value) => AsyncStorage.setItem(key, value),
 *   remove: (key) => AsyncStorage.removeItem(key),
 * };
 */
export interface StoreBackend {
  /** Resolves to all entries, in any order. */
  entries(): Promise<Iterable<readonly [key: string, value: string]>>;
  /** Resolves when the value is stored. Replaces an earlier value of this key. */
  set(key: string, value: string): Promise<void>;
  /** Resolves when the key is gone. A key that does not exist is no error. */
  remove(key: string): Promise<void>;
  /**
   * Optional, with `file`: keeps a `Blob`, which `remove` removes, and which `entries` leaves out. Without them, an unsent message
   * with such files comes back as failed when the program starts again; files that are named by a URI need neither.
   */
  setFile?(key: string, file: FileData): Promise<void>;
  /** Resolves to the file; undefined if there is none. */
  file?(key: string): Promise<FileData | undefined>;
}
