import { useCallback, useSyncExternalStore } from 'react';
import type { UserPresence } from '../../../protocol/frames.ts';
import type { Client } from '../api/client.ts';
import { presenceBookOf } from './presence-book.ts';

/** Options of `usePresence`. */
export interface UsePresenceOptions {
  /**
   * Milliseconds between requests while the page is visible: only they notice that a user has left. Defaults to 30,000.
   * A client's first use decides.
   */
  readonly intervalMs?: number;
}

/**
 * Whether a user is online. A message, receipt, or typing of the user shows them as online at once. Besides, it is
 * requested when the component is mounted, when the window gets the focus, after a reconnect, and at intervals. Undefined
 * until something is known. All components share their requests, so every row of a list can use this.
 *
 * @example
 * ```tsx
 * const presence = usePresence(im, 'bob');
 * return <span>{presence?.online ? 'online' : 'offline'}</span>;
 * ```
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
