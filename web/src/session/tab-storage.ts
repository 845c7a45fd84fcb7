const memory = new Map<string, string>();

/**
 * The state that this tab keeps over a reload. If the browser blocks storage, so that every access throws, the page works
 * too, but a reload starts over.
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
