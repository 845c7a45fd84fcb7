import { expect } from 'vitest';

/** `expect.poll` at short intervals. */
export function eventually<T>(read: () => T) {
  return expect.poll(read, { interval: 20 });
}
