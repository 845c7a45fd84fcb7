const memory = new Map<string, string>();

/**
 * What this tab remembers over a reload. Where the browser blocks storage, which then throws when it is touched, the page
 * works as well, but a reload starts anew.
 */
export const tabStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = {
  getItem: (key) => memory.get(key) ?? stored((storage) => storage.getItem(key)) ?? null,
  setItem(key, value) {
    const isStored = stored((storage) => {
      storage.setItem(key, value);
      return true;
    });
    if (isStored) memory.delete(key);
    else memory.set(key, value);
  },
  removeItem(key) {
    memory.delete(key);
    stored((storage) => storage.removeItem(key));
  },
};

/** Whether a value survives that the page is left, as for a sign-in elsewhere. */
export function isKept(key: string): boolean {
  return stored((storage) => storage.getItem(key) !== null) ?? false;
}

function stored<Result>(use: (storage: Storage) => Result): Result | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}
