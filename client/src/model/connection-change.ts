import type { ImError } from './errors.ts';

/**
 * The states of the connection: `idle → connecting → syncing → connected ⇄ reconnecting → closed | failed`.
 *
 * - `syncing`: the socket is open and the client reads what it missed. `connected`: nothing is missing.
 * - `reconnecting`: waiting for the next attempt, or making it.
 * - `closed`: the program called `close`. `failed`: retrying can't help. Both last until `connect` is called again.
 */
export type ConnectionStateName =
  | 'idle'
  | 'connecting'
  | 'syncing'
  | 'connected'
  | 'reconnecting'
  | 'closed'
  | 'failed';

/** The event of `im.on('connection')`. */
export interface ConnectionChange {
  /** The state now. */
  readonly current: ConnectionStateName;
  /** The state before. */
  readonly previous: ConnectionStateName;
  /** The reason, in `reconnecting` and `failed`, and in `syncing` if it failed and is retried. */
  readonly error?: ImError;
  /** Milliseconds until the next attempt. Absent during an attempt. */
  readonly retryInMs?: number;
}
