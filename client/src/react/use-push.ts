import { useCallback, useSyncExternalStore } from 'react';
import type { Client } from '../api/client.ts';
import type { PushState } from '../model/push-state.ts';

/**
 * Whether this device gets notifications. Makes no request: `im.push.load()` finds out.
 *
 * @example
 * ```tsx
 * const state = usePush(im);
 * return <button disabled={state !== 'disabled'} onClick={() => void im.push.enable()}>Notify me</button>;
 * ```
 */
export function usePush(im: Client): PushState {
  const subscribe = useCallback((onChange: () => void) => im.on('push', onChange), [im]);
  const look = (): PushState => im.push.state;
  return useSyncExternalStore(subscribe, look, () => 'disabled');
}
