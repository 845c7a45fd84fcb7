import type { Client } from '@serverless-im/client';
import { useCallback, useSyncExternalStore } from 'react';

const NONE: readonly File[] = [];
const byClient = new WeakMap<Client, Map<string, readonly File[]>>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The files of the draft, which survive a change of the conversation. Not a reload: a page can't keep what it was only shown.
 */
export function useChosenFiles(
  im: Client,
  key: string,
): readonly [readonly File[], (files: readonly File[]) => void] {
  const look = () => byClient.get(im)?.get(key) ?? NONE;
  const choose = useCallback(
    (files: readonly File[]) => {
      const chosen = byClient.get(im) ?? new Map<string, readonly File[]>();
      byClient.set(im, chosen.set(key, files));
      for (const listener of listeners) listener();
    },
    [im, key],
  );
  return [useSyncExternalStore(subscribe, look), choose];
}
