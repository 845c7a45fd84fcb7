const TICK_MS = 1;

/** Simulated time. Tasks planned for the same millisecond run in the order of planning. */
export class Agenda {
  readonly #ticks: (() => void)[][] = [];
  readonly #endMs: number;
  #nowMs = 0;

  constructor(endMs: number) {
    this.#endMs = endMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs the task at least a millisecond later. */
  after(delayMs: number, run: () => void): void {
    const tick = this.#nowMs + Math.max(TICK_MS, Math.round(delayMs));
    const planned = this.#ticks[tick];
    if (planned) planned.push(run);
    else this.#ticks[tick] = [run];
  }

  /** Runs until the given end, or until no task is left. */
  run(isDone: () => boolean): void {
    for (; this.#nowMs < this.#endMs && !isDone(); this.#nowMs += TICK_MS) {
      for (const run of this.#ticks[this.#nowMs] ?? []) run();
      delete this.#ticks[this.#nowMs];
    }
  }
}

/** A throttle with a rate and a burst. */
export class TokenBucket {
  readonly #agenda: Pick<Agenda, 'nowMs'>;
  readonly #perMs: number;
  readonly #atOnce: number;
  #tokens: number;
  #sinceMs = 0;

  constructor(agenda: Pick<Agenda, 'nowMs'>, perSecond: number, atOnce: number) {
    this.#agenda = agenda;
    this.#perMs = perSecond / 1000;
    this.#atOnce = atOnce;
    this.#tokens = atOnce;
  }

  /** Takes a token; returns whether one was left. */
  take(): boolean {
    const { nowMs } = this.#agenda;
    this.#tokens = Math.min(this.#atOnce, this.#tokens + (nowMs - this.#sinceMs) * this.#perMs);
    this.#sinceMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
