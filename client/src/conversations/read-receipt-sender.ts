import { toImError } from '../model/errors.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Target } from '../transport/frames.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { Session } from '../transport/session.ts';

export interface ReadMarksPorts {
  readonly policy: RetryPolicy;
  readonly environment: Pick<Environment, 'after'>;
}

interface Mark {
  readonly target: Target;
  wanted: number;
  told: number;
  isBusy: boolean;
  cancelRetry: Cancel;
}

/**
 * How far this user has read, on its way to the server: one frame a conversation at a time, always the furthest, again
 * after a failure and after a reconnect. A cursor never goes back, so repeats do no harm.
 */
export class ReadMarks {
  readonly #ports: ReadMarksPorts;
  readonly #marks = new Map<string, Mark>();
  #session: Pick<Session, 'request'> | null = null;

  constructor(ports: ReadMarksPorts) {
    this.#ports = ports;
  }

  /** Notes that this user has read up to `seq`. Does nothing if that is no further than before. */
  mark(target: Target, seq: number): void {
    const key = JSON.stringify(target);
    const mark = this.#marks.get(key) ?? { target, wanted: 0, told: 0, isBusy: false, cancelRetry: () => {} };
    this.#marks.set(key, mark);
    mark.wanted = Math.max(mark.wanted, seq);
    this.#tell(mark, 0);
  }

  resume(session: Pick<Session, 'request'>): void {
    this.#session = session;
    for (const mark of this.#marks.values()) this.#tell(mark, 0);
  }

  pause(): void {
    this.#session = null;
    for (const mark of this.#marks.values()) mark.cancelRetry();
  }

  #tell(mark: Mark, attempt: number): void {
    const session = this.#session;
    if (session === null || mark.isBusy || mark.told >= mark.wanted) return;
    mark.cancelRetry();
    mark.isBusy = true;
    void this.#send(mark, session, attempt);
  }

  async #send(mark: Mark, session: Pick<Session, 'request'>, attempt: number): Promise<void> {
    const seq = mark.wanted;
    const error = await session.request('read', { ...mark.target, seq }).then(() => null, toImError);
    mark.isBusy = false;
    // Refused for good: there is nothing to repeat.
    if (error === null || !error.retryable) {
      mark.told = seq;
      this.#tell(mark, 0);
      return;
    }
    // The session is gone: the next one tells.
    const delayMs = error.code === 'disconnected' ? null : this.#ports.policy.nextDelayMs({ attempt, error });
    if (delayMs !== null && this.#session === session)
      mark.cancelRetry = this.#ports.environment.after(delayMs, () => this.#tell(mark, attempt + 1));
  }
}
