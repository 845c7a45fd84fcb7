interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/**
 * Time of a stream's event source, which a test can let pass: for windows and pauses, and apart from them for the age of records,
 * or a test that lets many windows pass would find its records too old.
 */
export class StreamClock {
  readonly #sleepers = new Set<Sleeper>();
  #aheadMs = 0;
  #agedMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** The age of a record of this time. */
  ageOf(createdMs: number): number {
    return Date.now() + this.#agedMs - createdMs;
  }

  age(seconds: number): void {
    this.#agedMs += seconds * 1000;
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
    for (const { untilMs, wake } of [...this.#sleepers]) if (untilMs <= this.now()) wake();
  }

  /** Resolves when the time has come, or early when the signal aborts. */
  async sleepUntil(untilMs: number, signal: AbortSignal): Promise<void> {
    const leftMs = untilMs - this.now();
    if (leftMs <= 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { untilMs, wake: resolve };
    this.#sleepers.add(sleeper);
    const wake = () => resolve();
    signal.addEventListener('abort', wake);
    const timer = setTimeout(wake, leftMs);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    this.#sleepers.delete(sleeper);
  }
}
