import { useCallback, useSyncExternalStore } from 'react';
import type { Client } from '../api/client.ts';
import type { ConnectionChange } from '../model/connection-change.ts';

/**
 * The connection's state: `current`, and after a failure `error` and `retryInMs`. The same object until it changes.
 *
 * @example
 * ```tsx
 * const { current, retryInMs } = useConnection(im);
 * if (current === 'reconnecting') return <p>Reconnecting…</p>;
 * ```
 */
export function useConnection(im: Client): ConnectionChange {
  const subscribe = useCallback((onChange: () => void) => im.on('connection', onChange), [im]);
  const look = (): ConnectionChange => im.connection;
  return useSyncExternalStore(subscribe, look, look);
}
