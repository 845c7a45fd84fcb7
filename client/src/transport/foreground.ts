import { toImError } from '../model/errors.ts';
import type { Environment } from '../support/environment.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { Session } from './session.ts';

export interface ForegroundPorts {
  readonly policy: RetryPolicy;
  readonly environment: Pick<Environment, 'after'>;
}

/**
 * Tells the server whether the user sees the app on this device: if not, a message that arrives here is notified, too
 * (IM-NOTIFY-2). One frame at a time, only when it differs from what this session has said, and nothing waits for it.
 */
export class Foreground {
  isActive = true;
  readonly #ports: ForegroundPorts;
  #session: Pick<Session, 'request'> | null = null;
  /** What the server assumes of this session. */
  #told = true;
  #isBusy = false;
  /** False in a deployment without notifications. */
  #isKnown = true;

  constructor(ports: ForegroundPorts) {
    this.#ports = ports;
  }

  set(isActive: boolean): void {
    this.isActive = isActive;
    void this.#tell(0);
  }

  resume(session: Pick<Session, 'request'>): void {
    this.#session = session;
    this.#told = true;
    this.#isBusy = false;
    void this.#tell(0);
  }

  pause(): void {
    this.#session = null;
  }

  async #tell(attempt: number): Promise<void> {
    const { isActive: active } = this;
    const session = this.#session;
    if (session === null || this.#isBusy || active === this.#told || !this.#isKnown) return;
    this.#isBusy = true;
    const error = await session.request('active', { active }).then(() => null, toImError);
    if (error?.code === 'unknown_action') this.#isKnown = false;
    // After a reconnect, the next session has said it.
    if (this.#session !== session) return;
    this.#isBusy = false;
    const delayMs = error?.retryable && this.#ports.policy.nextDelayMs({ attempt, error });
    if (typeof delayMs === 'number')
      this.#ports.environment.after(delayMs, () => void this.#tell(attempt + 1));
    // A refusal that a repeat can't change counts as said: the next change tries again.
    else {
      this.#told = active;
      void this.#tell(0);
    }
  }
}
