/** Keys and values that outlive the program. Calls come one at a time, in order. */
export interface StoreBackend {
  /** All entries. */
  entries(): Promise<Iterable<readonly [key: string, value: string]>>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}
