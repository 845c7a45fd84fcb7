import { expect } from 'vitest';

/** `expect.poll` with the patience of a busy machine; a test that passes waits no longer than it must. */
export function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 90_000, interval: 20 });
}
