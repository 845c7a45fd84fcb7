import { setImmediate } from 'node:timers/promises';
import { vi } from 'vitest';

/** Lets time pass until the call is over: needs faked timers. Returns its milliseconds, to a tenth of a second. */
export async function millisecondsOf(call: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = call
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  let ms = 0;
  for (; !isOver; ms += 100) {
    await setImmediate();
    await vi.advanceTimersByTimeAsync(100);
  }
  await over;
  return ms;
}
