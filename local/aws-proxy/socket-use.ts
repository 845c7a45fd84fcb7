import type { Socket } from 'node:net';
import type { Call } from './call.ts';

/**
 * Distinguishes concurrent calls from sequential ones even where the emulator answered the first before the second
 * arrived. The SDK reuses the socket that became free last. So a call on another socket that was already idle was
 * sent while the first was still in flight.
 */
export class SocketUse {
  readonly #socketOf = new WeakMap<Call, Socket>();
  readonly #lastOn = new WeakMap<Socket, Call>();

  /** The latest time at which the call can have been sent. @param earlier calls of the same invocation */
  issuedMs(call: Call, socket: Socket, earlier: readonly Call[]): number {
    const idleSinceMs = this.#lastOn.get(socket)?.endMs ?? Number.NEGATIVE_INFINITY;
    this.#socketOf.set(call, socket);
    this.#lastOn.set(socket, call);
    const busyThen = earlier.filter(
      (other) =>
        other.service === call.service &&
        // The SDK can't have reused a socket that broke.
        other.outcome === 'answered' &&
        other.startMs >= idleSinceMs &&
        this.#isLast(other),
    );
    return Math.min(call.startMs, ...busyThen.map(({ endMs = call.startMs }) => endMs - 0.001));
  }

  /**
   * Whether the socket was last used by another invocation, so that it was idle while Lambda had frozen its function.
   * AWS may have closed it meanwhile.
   */
  wasFrozen(socket: Socket, requestId: string | undefined): boolean {
    const last = this.#lastOn.get(socket);
    return last !== undefined && last.requestId !== requestId;
  }

  #isLast(call: Call): boolean {
    const socket = this.#socketOf.get(call);
    return socket !== undefined && this.#lastOn.get(socket) === call;
  }
}
