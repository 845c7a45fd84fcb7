import { RefusedError, toImError, UnauthorizedError } from '../model/errors.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { Session } from './session.ts';
import type { Tokens } from './tokens.ts';

/** A session is renewed this long before its end, or when its last quarter starts if that is later. */
const LEAD_MS = 120_000;
/** A session shorter than this is not renewed: it ends and a new one starts. */
const SHORTEST_MS = 20_000;
/** A renewal that gains less has reached the gateway's limit for the connection, which no token extends (IM-RENEW). */
const LEAST_GAIN_MS = 1_000;

export interface RenewalPorts {
  readonly tokens: Pick<Tokens, 'fresh'>;
  readonly environment: Pick<Environment, 'after' | 'nowMs'>;
  readonly policy: RetryPolicy;
  readonly logger: Logger;
  /** Opens the next session when this one can't be extended. */
  readonly connection: { handOver(): void };
}

/** Extends a session with fresh tokens, and replaces it when that is no longer possible (IM-RENEW). */
export class Renewal {
  readonly #ports: RenewalPorts;
  #cancel: Cancel = () => {};
  #attempt = 0;

  constructor(ports: RenewalPorts) {
    this.#ports = ports;
  }

  /** Plans the renewal of a session that ends at `expiresAt`, `endsInMs` from now. Cancels an earlier plan. */
  start(session: Session, expiresAt: number, endsInMs: number): void {
    this.stop();
    this.#attempt = 0;
    session.expireIn(endsInMs);
    if (endsInMs < SHORTEST_MS) return;
    const endsAtMs = this.#ports.environment.nowMs() + endsInMs;
    const leadMs = Math.min(LEAD_MS, endsInMs / 4);
    this.#after(endsInMs - leadMs, () => this.#renew(session, expiresAt, endsAtMs));
  }

  stop(): void {
    this.#cancel();
  }

  #after(delayMs: number, task: () => Promise<void>): void {
    this.#cancel = this.#ports.environment.after(delayMs, () => void task());
  }

  async #renew(session: Session, expiresAt: number, endsAtMs: number): Promise<void> {
    let stopped = false;
    this.#cancel = () => {
      stopped = true;
    };
    try {
      const token = await this.#ports.tokens.fresh();
      const renewed = (await session.request('renew', { token })).session;
      if (stopped) return;
      const gainMs = renewed.expiresAt - expiresAt;
      const leftMs = endsAtMs - this.#ports.environment.nowMs();
      this.start(session, renewed.expiresAt, leftMs + gainMs);
      if (gainMs < LEAST_GAIN_MS) this.#handOver();
    } catch (error) {
      if (!stopped) this.#onFailed(error, session, expiresAt, endsAtMs);
    }
  }

  #handOver(): void {
    this.stop();
    this.#ports.connection.handOver();
  }

  #onFailed(cause: unknown, session: Session, expiresAt: number, endsAtMs: number): void {
    const error = toImError(cause);
    this.#ports.logger.warn('could not renew the session', { error });
    // The user has logged out of the app, so the session ends now.
    if (error instanceof UnauthorizedError) session.fail(error);
    else if (error instanceof RefusedError && !error.retryable) this.#handOver();
    else {
      const delayMs = this.#ports.policy.nextDelayMs({ attempt: this.#attempt++, error });
      if (delayMs !== null && !session.isClosed)
        this.#after(delayMs, () => this.#renew(session, expiresAt, endsAtMs));
    }
  }
}
