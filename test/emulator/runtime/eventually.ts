import { expect } from 'vitest';

/** `expect.poll` with a time-out for a busy machine. */
export function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 90_000, interval: 20 });
}
