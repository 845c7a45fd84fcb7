import { useSyncExternalStore } from 'react';

/** How often shown times are updated. */
const TICK_MS = 20_000;

const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** Epoch milliseconds, updated three times a minute for all components at once. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  timer ??= setInterval(tick, TICK_MS);
  if (Date.now() - nowMs > TICK_MS) nowMs = Date.now();
  return () => {
    listeners.delete(onChange);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  nowMs = Date.now();
  for (const listener of listeners) listener();
}
