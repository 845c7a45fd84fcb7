import type { Socket } from 'node:net';
import type { Call } from './call.ts';

/**
 * Tells calls made at once from calls made in a row, where the emulator was faster than the caller could send the
 * second. The SDK sends by the line that became free last, so a call that comes by another line, one that had been idle
 * since before, was sent while the first was still under way.
 */
export class Lines {
  readonly #lineOf = new WeakMap<Call, Socket>();
  readonly #lastOn = new WeakMap<Socket, Call>();

  /** When the call was sent at the latest; `earlier` are those of the same invocation. */
  issuedMs(call: Call, line: Socket, earlier: readonly Call[]): number {
    const idleSinceMs = this.#lastOn.get(line)?.endMs ?? Number.NEGATIVE_INFINITY;
    this.#lineOf.set(call, line);
    this.#lastOn.set(line, call);
    const busyThen = earlier.filter(
      (other) =>
        other.service === call.service &&
        // A line that broke is no choice.
        other.outcome === 'answered' &&
        other.startMs >= idleSinceMs &&
        this.#isLast(other),
    );
    return Math.min(call.startMs, ...busyThen.map(({ endMs = call.startMs }) => endMs - 0.001));
  }

  #isLast(call: Call): boolean {
    const line = this.#lineOf.get(call);
    return line !== undefined && this.#lastOn.get(line) === call;
  }
}
