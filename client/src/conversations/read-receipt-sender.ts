import { toImError } from '../model/errors.ts';
import type { Target } from '../model/target.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { Session } from '../transport/session.ts';

export interface ReadReceiptSenderPorts {
  readonly policy: RetryPolicy;
  readonly environment: Pick<Environment, 'after'>;
}

interface Receipt {
  readonly target: Target;
  wanted: number;
  sent: number;
  isBusy: boolean;
  cancelRetry: Cancel;
}

/**
 * Sends this user's read cursors: one frame at a time per conversation, always with the highest seq, again after a
 * failure and after a reconnect. A repeat is harmless, since the server never moves a cursor back.
 */
export class ReadReceiptSender {
  readonly #ports: ReadReceiptSenderPorts;
  readonly #receipts = new Map<string, Receipt>();
  #session: Pick<Session, 'request'> | null = null;

  constructor(ports: ReadReceiptSenderPorts) {
    this.#ports = ports;
  }

  /** Moves the cursor to `seq`. Does nothing if it already is there or beyond. */
  mark(target: Target, seq: number): void {
    const key = JSON.stringify(target);
    const receipt: Receipt = this.#receipts.get(key) ?? {
      target,
      wanted: 0,
      sent: 0,
      isBusy: false,
      cancelRetry: () => {},
    };
    this.#receipts.set(key, receipt);
    receipt.wanted = Math.max(receipt.wanted, seq);
    this.#flush(receipt, 0);
  }

  resume(session: Pick<Session, 'request'>): void {
    this.#session = session;
    for (const receipt of this.#receipts.values()) this.#flush(receipt, 0);
  }

  pause(): void {
    this.#session = null;
    for (const receipt of this.#receipts.values()) receipt.cancelRetry();
  }

  #flush(receipt: Receipt, attempt: number): void {
    const session = this.#session;
    if (session === null || receipt.isBusy || receipt.sent >= receipt.wanted) return;
    receipt.cancelRetry();
    receipt.isBusy = true;
    void this.#send(receipt, session, attempt);
  }

  async #send(receipt: Receipt, session: Pick<Session, 'request'>, attempt: number): Promise<void> {
    const seq = receipt.wanted;
    const error = await session.request('read', { ...receipt.target, seq }).then(() => null, toImError);
    receipt.isBusy = false;
    if (error === null || !error.retryable) {
      if (error === null) receipt.sent = seq;
      // A final refusal, such as of a seq beyond the head, must not keep back a lower one.
      else if (receipt.wanted === seq) receipt.wanted = receipt.sent;
      this.#flush(receipt, 0);
      return;
    }
    // After `disconnected`, the next session sends it.
    const delayMs = error.code === 'disconnected' ? null : this.#ports.policy.nextDelayMs({ attempt, error });
    if (delayMs !== null && this.#session === session)
      receipt.cancelRetry = this.#ports.environment.after(delayMs, () => this.#flush(receipt, attempt + 1));
  }
}
