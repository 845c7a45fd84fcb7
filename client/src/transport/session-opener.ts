import {
  ClosedError,
  ForeignAnswerError,
  invalid,
  RefusedError,
  UnauthorizedError,
} from '../model/errors.ts';
import type { Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { Attempt } from './connection.ts';
import { type HttpApi, queryString } from './http-api.ts';
import type { Identity } from './identity.ts';
import { type PushListener, Session } from './session.ts';
import type { Tokens } from './tokens.ts';

export interface SessionOpenerPorts {
  readonly wsUrl: string;
  readonly identity: Pick<Identity, 'deviceId'>;
  readonly tokens: Pick<Tokens, 'fresh'>;
  readonly http: Pick<HttpApi, 'session'>;
  readonly environment: Environment;
  readonly logger: Logger;
  readonly listener: PushListener;
}

/**
 * Only the first of this many refusals in a row asks for the reason: when thousands of clients reconnect at once, their
 * requests would use up the throttle of the HTTP API.
 */
const REFUSALS_PER_QUESTION = 8;

export class SessionOpener {
  /** The connection that the next session replaces, in case the server has not noticed its end (IM-CONN-4). */
  replaces: string | undefined;
  /** No session is opened before it resolves. */
  gate: Promise<void> | undefined;
  readonly #ports: SessionOpenerPorts;
  /** In a row. */
  #refusals = 0;
  /** The last answer that was not the service's own. */
  #reason: ForeignAnswerError | undefined;

  constructor(ports: SessionOpenerPorts) {
    this.#ports = ports;
  }

  /** Opens a session. Rejects with an `ImError` whose `retryable` says whether another attempt can help. */
  async open(attempt: Attempt): Promise<Session> {
    if (this.gate !== undefined) await this.gate;
    const token = await this.#ports.tokens.fresh();
    // If dropped in the meantime, a socket opened now could replace a later attempt's.
    if (attempt.dropped) throw new ClosedError();
    const session = this.#start(token, attempt);
    attempt.onDrop(() => session.close());
    try {
      await session.opened;
      this.#refusals = 0;
      return session;
    } catch (error) {
      throw attempt.dropped ? error : await this.#explain(error);
    }
  }

  #start(token: string, attempt: Attempt): Session {
    const { environment, listener, logger, wsUrl } = this.#ports;
    const { WebSocket } = environment;
    if (!WebSocket) throw invalid('there is no WebSocket: use Node 22, or give environment.WebSocket');
    try {
      // A browser can't set headers, so the token travels as a subprotocol (IM-CONN-1).
      const socket = new WebSocket(this.#url(), ['im.v1', `im.token.${token}`]);
      return new Session(socket, wsUrl, environment, logger, listener, (error) => attempt.lost(error));
    } catch (cause) {
      // The constructor throws for a malformed URL, and for ws: on a page that came over https:.
      throw invalid(`no WebSocket can be opened to ${wsUrl}`, cause);
    }
  }

  #url(): string {
    const { wsUrl, identity } = this.#ports;
    const query = queryString({ deviceId: identity.deviceId, replaces: this.replaces });
    return wsUrl + (wsUrl.includes('?') ? query.replace('?', '&') : query);
  }

  /** Browsers hide why an upgrade failed, so this asks over HTTP (IM-CONN-7). */
  async #explain(error: unknown): Promise<unknown> {
    const { http, identity } = this.#ports;
    this.#refusals += 1;
    if (this.#refusals % REFUSALS_PER_QUESTION !== 1) return this.#reason ?? error;
    this.#reason = undefined;
    try {
      await http.session(identity.deviceId);
      return error;
    } catch (reason) {
      if (reason instanceof ForeignAnswerError) this.#reason = reason;
      if (reason instanceof UnauthorizedError || reason instanceof ForeignAnswerError) return reason;
      // Another attempt can't change these statuses (IM-CONN-2, IM-CONN-4).
      if (!(reason instanceof RefusedError) || ![400, 401, 403, 409].includes(reason.status as number))
        return error;
      if (reason.status !== 409 || this.replaces === undefined) return reason;
      // The conflicting session is either a newer one of this device or our own old one. The next attempt, without
      // `replaces`, finds out.
      this.replaces = undefined;
      this.#refusals = 0;
      return error;
    }
  }
}
