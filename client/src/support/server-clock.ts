import type { Environment } from './environment.ts';

/** The server's clock, which decides how old a message is. The device's own may be hours off, and may be set back. */
export class ServerClock {
  readonly #environment: Pick<Environment, 'nowMs' | 'wallClockMs'>;
  #aheadMs: number | null = null;

  constructor(environment: Pick<Environment, 'nowMs' | 'wallClockMs'>) {
    this.#environment = environment;
  }

  /** Takes the server's time from a frame that has just arrived. */
  learn(epochMs: number): void {
    this.#aheadMs = epochMs - this.#environment.nowMs();
  }

  /** Whether the server's time is known. */
  get isKnown(): boolean {
    return this.#aheadMs !== null;
  }

  /** Epoch milliseconds; by the device's clock until the server's time is known. */
  now(): number {
    return this.#aheadMs === null
      ? this.#environment.wallClockMs()
      : this.#environment.nowMs() + this.#aheadMs;
  }
}
