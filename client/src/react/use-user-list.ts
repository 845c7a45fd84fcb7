import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { Client } from '../api/client.ts';
import type { Block, Contact } from '../model/people.ts';
import { keepLoaded } from './keep-loaded.ts';

/**
 * This user's contacts. Undefined until they are read. Read when the component is mounted and after each reconnect; a change by
 * this client is shown at once.
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

function useUserList<Name extends 'contacts' | 'blocks'>(im: Client, name: Name): Client[Name]['all'] {
  useEffect(() => keepLoaded(im.engine, () => im[name].load()), [im, name]);
  const subscribe = useCallback((onChange: () => void) => im.on(name, onChange), [im, name]);
  const look = (): Client[Name]['all'] => im[name].all;
  return useSyncExternalStore(subscribe, look, look);
}
