/** The gateway's only source of time, so that tests can advance ten minutes without sleeping. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  schedule(delayMs: number, run: () => void): Cancel;
}

export type Cancel = () => void;

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Timers that are cancelled together: a timer left when the gateway closes would keep the process running. */
export class TimerSet {
  readonly #clock: Clock;
  readonly #pending = new Set<Cancel>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does nothing after `close`. */
  schedule(delayMs: number, run: () => void): Cancel {
    if (this.#isClosed) return () => {};
    const cancelTimer = this.#clock.schedule(delayMs, () => {
      this.#pending.delete(cancel);
      run();
    });
    const cancel = () => {
      this.#pending.delete(cancel);
      cancelTimer();
    };
    this.#pending.add(cancel);
    return cancel;
  }

  close(): void {
    this.#isClosed = true;
    for (const cancel of [...this.#pending]) cancel();
  }
}
