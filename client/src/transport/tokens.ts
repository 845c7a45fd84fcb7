import { ImError, messageOf, NetworkError, UnauthorizedError } from '../model/errors.ts';
import type { Environment } from '../support/environment.ts';
import { withTimeout } from './timeout.ts';

/** Returns a valid token, a JWT of the deployment's issuer. See `ClientOptions.getToken`. */
export type GetToken = () => string | Promise<string>;

const TOKEN_TIMEOUT_MS = 30_000;

/** Fetches the app's tokens: a fresh one for each connection, which HTTP requests then reuse. */
export class Tokens {
  readonly #getToken: GetToken;
  readonly #environment: Pick<Environment, 'after'>;
  #current: string | undefined;
  #fetching: Promise<string> | undefined;

  constructor(getToken: GetToken, environment: Pick<Environment, 'after'>) {
    this.#getToken = getToken;
    this.#environment = environment;
  }

  async current(): Promise<string> {
    return this.#current ?? this.fresh();
  }

  /** Asks the app. Rejects with `UnauthorizedError` if a retry can't help, otherwise with a retryable error. */
  fresh(): Promise<string> {
    this.#fetching ??= this.#ask().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #ask(): Promise<string> {
    try {
      const asked = Promise.resolve(this.#getToken());
      const token = await withTimeout(this.#environment, asked, 'getToken', TOKEN_TIMEOUT_MS);
      // With `Bearer …` or JSON, the WebSocket's constructor would throw an error with the token in its message.
      if (!/^[\w.-]+$/.test(`${token ?? ''}`)) throw new TypeError(token ? 'not a JWT' : 'no token');
      this.#current = token;
      return token;
    } catch (error) {
      if (error instanceof ImError) throw error;
      const message = `getToken: ${messageOf(error)}`;
      throw isAuthError(error) ? new UnauthorizedError(message, error) : new NetworkError(message, error);
    }
  }
}

/** Checks the shape, since the app may use another copy of this package or its own error classes. */
function isAuthError(error: unknown): boolean {
  const { code, retryable } = Object(error);
  return code === 'unauthorized' || retryable === false;
}
