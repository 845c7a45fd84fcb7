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
   * Gives a token that is valid now. Asked before each connection, shortly before the session ends, and once after HTTP
   * has said 401. If it throws an `UnauthorizedError` (or anything with `code: 'unauthorized'` or `retryable: false`),
   * the connection fails for good; after any other error it is asked again later.
   */
  readonly getToken: GetToken;
  /**
   * Names this installation; `[A-Za-z0-9_.-]{1,64}`. The server keeps one session a device, so two tabs need two. By
   * default a new one for this client object.
   */
  readonly deviceId?: string;
  /**
   * Keeps unsent messages when the program ends: the next client with the same store sends them. One store a user. By
   * default they are lost.
   */
  readonly store?: Store;
  /** Hears what the SDK does; never tokens or content. By default errors of listeners go to the console. */
  readonly logger?: Logger;
  /** When to reconnect, and when to send again. By default 0.5 to 20 s with full jitter, for ever. */
  readonly retryPolicy?: RetryPolicy;
  /** Parts of the world to replace: a WebSocket or fetch of one's own, and in tests time and chance. */
  readonly environment?: Partial<Environment>;
}
