import type { Cancel } from '../../src/support/environment.ts';

interface Timer {
  readonly dueAtMs: number;
  readonly task: () => void;
}

/** A clock that the test advances. */
export class ManualClock {
  readonly #timers = new Set<Timer>();
  #nowMs = 1_000;

  nowMs = (): number => this.#nowMs;
  /** How far the device's clock was set forward, or how long a sleep stopped the monotonic clock. */
  wallClockJumpMs = 0;
  wallClockMs = (): number => 1_900_000_000_000 + this.wallClockJumpMs;

  after = (delayMs: number, task: () => void): Cancel => {
    const timer = { dueAtMs: this.#nowMs + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** The delays until all timers, ascending. */
  get pendingMs(): number[] {
    return [...this.#timers].map(({ dueAtMs }) => dueAtMs - this.#nowMs).sort((a, b) => a - b);
  }

  /** Advances the time and runs due timers in order, including those set meanwhile. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueAtMs - b.dueAtMs);
      if (next === undefined || next.dueAtMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueAtMs);
      this.#timers.delete(next);
      next.task();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets all pending promise callbacks run. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
