import type { Store } from '../outbox/store.ts';
import type { Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { GetToken } from '../transport/tokens.ts';

export interface ClientOptions {
  /** `wss://…/<stage>`: output `WebSocketUrl` of the stack, or `wsUrl` of `GET /session`. */
  readonly wsUrl: string;
  /** `https://…`: output `HttpUrl` of the stack. */
  readonly httpUrl: string;
  /**
   * Returns a token that is valid now. Called before each connection, shortly before the session ends, and once after an
   * HTTP answer of 401. If it throws an `UnauthorizedError` (or anything with `code: 'unauthorized'` or `retryable:
   * false`), the connection fails for good; after any other error it is called again later.
   */
  readonly getToken: GetToken;
  /**
   * Identifies this installation; `[A-Za-z0-9_.-]{1,64}`. The server keeps one session per device, so two tabs need two
   * ids. By default a new id for each client object.
   */
  readonly deviceId?: string;
  /**
   * Keeps unsent messages when the program ends: the next client with the same store sends them. Each user needs a store
   * of their own. By default unsent messages are lost.
   */
  readonly store?: Store;
  /** Receives log entries, without tokens or content. By default errors of listeners are written to the console. */
  readonly logger?: Logger;
  /** When to reconnect and when to send again. By default at bounds of 0.5 to 20 s with full jitter, without end. */
  readonly retryPolicy?: RetryPolicy;
  /** Parts of the environment to replace: a WebSocket or fetch of your own and, in tests, time and random numbers. */
  readonly environment?: Partial<Environment>;
}
