import { RefusedError, toImError, UnauthorizedError } from '../model/errors.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { Session } from './session.ts';
import type { Tokens } from './tokens.ts';

/** How long before its end a session is renewed, at most; of a short one the last quarter. */
const LEAD_MS = 120_000;
/** A session this short isn't worth the trouble: it ends, and a new one begins. */
const SHORTEST_MS = 20_000;
/** A renewal that gains less has met the end of the connection itself, which no token moves (IM-RENEW). */
const LEAST_GAIN_MS = 1_000;

export interface RenewalPorts {
  readonly tokens: Pick<Tokens, 'fresh'>;
  readonly environment: Pick<Environment, 'after' | 'nowMs'>;
  readonly policy: RetryPolicy;
  readonly logger: Logger;
  /** Told when the session can't be made longer. */
  readonly connection: { handOver(): void };
}

/** Keeps a session alive with fresh tokens, and says when it needs a successor (IM-RENEW). */
export class Renewal {
  readonly #ports: RenewalPorts;
  #cancel: Cancel = () => {};
  #attempt = 0;

  constructor(ports: RenewalPorts) {
    this.#ports = ports;
  }

  /** From `welcome`: when the session ends, and how far away that is. Ends what was planned for an earlier one. */
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
    // The app says that its user is logged out: that ends the session now.
    if (error instanceof UnauthorizedError) session.fail(error);
    else if (error instanceof RefusedError && !error.retryable) this.#handOver();
    else {
      const delayMs = this.#ports.policy.nextDelayMs({ attempt: this.#attempt++, error });
      if (delayMs !== null && !session.isOver)
        this.#after(delayMs, () => this.#renew(session, expiresAt, endsAtMs));
    }
  }
}
