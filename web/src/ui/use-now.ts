import { useSyncExternalStore } from 'react';
import { useIm } from '../session/client-context.ts';

/** How often shown times are updated. */
const TICK_MS = 20_000;

const listeners = new Set<() => void>();
let ticks = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Epoch milliseconds by the server's clock, updated three times a minute for all components at once. */
export function useNow(): number {
  const im = useIm();
  useSyncExternalStore(subscribe, () => ticks);
  return im.serverNowMs();
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(onChange);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  ticks += 1;
  for (const listener of listeners) listener();
}
