import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { Client } from '../api/client.ts';
import type { Block, Contact } from '../model/people.ts';
import { keepLoaded } from './keep-loaded.ts';

/**
 * This user's contacts. Undefined until they are read. Components share what was read; it is read again by a component that is
 * mounted, and after a reconnect, once it is ten minutes old. A change by this client is shown at once.
 *
 * @example
 * ```tsx
 * const contacts = useContacts(im);
 * return <ul>{contacts?.map(({ userId, alias }) => <li key={userId}>{alias ?? userId}</li>)}</ul>;
 * ```
 */
export function useContacts(im: Client): readonly Contact[] | undefined {
  return useUserList(im, 'contacts');
}

/**
 * The users whom this user has blocked, read as `useContacts` reads.
 *
 * @example
 * ```tsx
 * const isBlocked = useBlocks(im)?.some(({ userId }) => userId === 'mallory');
 * return <button onClick={() => im.blocks.add('mallory')} disabled={isBlocked}>Block</button>;
 * ```
 */
export function useBlocks(im: Client): readonly Block[] | undefined {
  return useUserList(im, 'blocks');
}

/** A list may have a hundred pages, and a connection may be lost every minute. */
const FRESH_MS = 600_000;
/** When each list was asked for. */
const askedAtMs = new WeakMap<object, number>();

async function loadIfOld(im: Client, name: 'contacts' | 'blocks'): Promise<void> {
  const list = im[name];
  const nowMs = im.engine.environment.nowMs();
  if (list.all !== undefined && nowMs - (askedAtMs.get(list) ?? Number.NEGATIVE_INFINITY) < FRESH_MS) return;
  askedAtMs.set(list, nowMs);
  try {
    await list.load();
  } catch (error) {
    askedAtMs.delete(list);
    throw error;
  }
}

function useUserList<Name extends 'contacts' | 'blocks'>(im: Client, name: Name): Client[Name]['all'] {
  useEffect(() => keepLoaded(im.engine, () => loadIfOld(im, name)), [im, name]);
  const subscribe = useCallback((onChange: () => void) => im.on(name, onChange), [im, name]);
  const look = (): Client[Name]['all'] => im[name].all;
  return useSyncExternalStore(subscribe, look, look);
}
