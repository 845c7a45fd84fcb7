import type { Cancel } from '../../src/support/environment.ts';

interface Timer {
  readonly dueAtMs: number;
  readonly task: () => void;
}

/** Time that moves when the test says so. */
export class ManualClock {
  readonly #timers = new Set<Timer>();
  #nowMs = 1_000;

  nowMs = (): number => this.#nowMs;
  /** What somebody has set the device's clock forward by, or a sleep that stopped the other clock. */
  wallClockJumpMs = 0;
  wallClockMs = (): number => 1_900_000_000_000 + this.wallClockJumpMs;

  after = (delayMs: number, task: () => void): Cancel => {
    const timer = { dueAtMs: this.#nowMs + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Delays until each timer that is set, ascending. */
  get pendingMs(): number[] {
    return [...this.#timers].map(({ dueAtMs }) => dueAtMs - this.#nowMs).sort((a, b) => a - b);
  }

  /** Moves time, running what falls due in order, also what is set on the way. */
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

/** Lets everything that waits only for promises run. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
