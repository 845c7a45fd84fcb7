import { setImmediate as turn } from 'node:timers/promises';

/** Timers that fire as soon as everything else waits for them, and a clock that jumps from one to the next. */
export function createVirtualTime() {
  let nowMs = 0;
  const timers = new Map<number, (() => void)[]>();
  return {
    clock: () => nowMs,
    pause: (milliseconds: number) =>
      new Promise<void>((resolve) => {
        const atMs = nowMs + Math.max(1, Math.ceil(milliseconds));
        const waiting = timers.get(atMs);
        if (waiting === undefined) timers.set(atMs, [resolve]);
        else waiting.push(resolve);
      }),
    /** Lets time pass until the promise settles. */
    async until(done: Promise<unknown>): Promise<void> {
      let isDone = false;
      const settled = done.finally(() => {
        isDone = true;
      });
      for (await turn(); !isDone; await turn()) {
        nowMs += 1;
        for (const fire of timers.get(nowMs) ?? []) fire();
        timers.delete(nowMs);
      }
      await settled;
    },
  };
}
