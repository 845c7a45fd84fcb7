import { expect } from 'vitest';

/** `expect.poll` with a timeout for a busy machine. A passing test does not wait longer than needed. */
export function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 90_000, interval: 20 });
}
