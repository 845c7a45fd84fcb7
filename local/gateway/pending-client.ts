import type { Duplex } from 'node:stream';

/** More than this before the handshake is answered is no WebSocket client. */
const MAX_EARLY_BYTES = 128 * 1024;

/**
 * The raw socket of a client that waits for the answer to its upgrade. Node reads nothing from it meanwhile, so
 * a client that goes away would not be noticed: this reads, and keeps what came early.
 */
export class PendingClient {
  readonly #socket: Duplex;
  readonly #early: Buffer[];
  #earlyBytes: number;
  #isGone = false;

  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#early = head.length === 0 ? [] : [head];
    this.#earlyBytes = head.length;
    socket.on('data', this.#onData);
    socket.on('end', this.#onGone);
    socket.on('close', this.#onGone);
    socket.on('error', this.#onGone);
  }

  get isGone(): boolean {
    return this.#isGone || this.#socket.destroyed;
  }

  /** Hands the socket to the WebSocket library, which must then `resume` it. */
  release(): Buffer {
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onGone);
    this.#socket.off('close', this.#onGone);
    this.#socket.off('error', this.#onGone);
    return Buffer.concat(this.#early);
  }

  #onData = (chunk: Buffer) => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#socket.destroy();
  };

  #onGone = () => {
    this.#isGone = true;
    this.#socket.destroy();
  };
}
