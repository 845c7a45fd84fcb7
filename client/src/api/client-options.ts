import type { Store } from '../outbox/store.ts';
import type { Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { GetToken } from '../transport/tokens.ts';

/**
 * Options of `createClient`: the server's addresses, the user's token, and optional parts.
 *
 * @example
 * const options: ClientOptions = {
 *   wsUrl: 'wss://abc.execute-api.eu-central-1.amazonaws.com/prod',
 *   httpUrl: 'https://def.execute-api.eu-central-1.amazonaws.com',
 *   getToken: async () => (await fetch('/chat-token')).text(),
 *   store: indexedDbStore('outbox-of-alice'),
 * };
 */
export interface ClientOptions {
  /** `wss://…/<stage>`: output `WebSocketUrl` of the stack, or `wsUrl` of `GET /session`. */
  readonly wsUrl: string;
  /** `https://…`: output `HttpUrl` of the stack. */
  readonly httpUrl: string;
  /**
   * Returns a valid token. Called before each connection, shortly before the session ends, and once after an HTTP 401.
   * If it throws an `UnauthorizedError` (or anything with `code: 'unauthorized'` or `retryable: false`), the connection
   * fails for good. After any other error, 30 s without a result, or anything but a JWT, it is called again later.
   */
  readonly getToken: GetToken;
  /**
   * Identifies this installation: `[A-Za-z0-9_.-]{1,64}`. The server keeps one session per device, so two tabs need two
   * ids. Defaults to a new id for each client object.
   */
  readonly deviceId?: string;
  /**
   * Keeps unsent messages when the program ends: the next client with the same store shows them before it is connected,
   * and sends them. Several clients of one user, such as tabs, may share a store; each user needs a separate one. Without
   * one, unsent messages are lost.
   */
  readonly store?: Store;
  /** Receives log entries, without tokens or content. By default, warnings and errors go to the console. */
  readonly logger?: Logger;
  /** When to reconnect and resend. Defaults to `fullJitterBackoff()`: up to 0.5 s, growing to 20 s, without end. */
  readonly retryPolicy?: RetryPolicy;
  /** Replaces parts of the environment: WebSocket, fetch, and (in tests) clock and random numbers. */
  readonly environment?: Partial<Environment>;
}
