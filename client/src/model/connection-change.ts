import type { ImError } from './errors.ts';

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
  readonly current: ConnectionStateName;
  readonly previous: ConnectionStateName;
  /** Why, in `reconnecting` and `failed`, and in `syncing` when it has to be repeated. */
  readonly error?: ImError;
  /** Milliseconds until the next attempt; absent while one is under way. */
  readonly retryInMs?: number;
}
