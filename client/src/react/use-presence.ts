import { useCallback, useSyncExternalStore } from 'react';
import type { UserPresence } from '../../../protocol/frames.ts';
import type { Client } from '../api/client.ts';
import { presenceBookOf } from './presence-book.ts';

export interface UsePresenceOptions {
  /** How often to ask, 30 s by default, since presence isn't pushed. The first use with a client decides. */
  readonly intervalMs?: number;
}

/**
 * Whether a user is online, asked repeatedly while the component is mounted and the client connected. Undefined until it
 * is known. All components share one request, so a list can use this in each of its rows.
 */
export function usePresence(
  im: Client,
  userId: string,
  { intervalMs = 30_000 }: UsePresenceOptions = {},
): UserPresence | undefined {
  const book = presenceBookOf(im, intervalMs);
  const subscribe = useCallback((onChange: () => void) => book.watch(userId, onChange), [book, userId]);
  const look = (): UserPresence | undefined => book.of(userId);
  return useSyncExternalStore(subscribe, look, look);
}
