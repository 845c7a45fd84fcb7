import type { Duplex } from 'node:stream';

/** No WebSocket client sends more than this before the handshake is answered. */
const MAX_EARLY_BYTES = 128 * 1024;

/**
 * The raw socket of a client that waits for the answer to its upgrade. Node does not read from it meanwhile and would
 * not notice a disconnect. So this class reads, and buffers early data.
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

  /** Stops reading and returns the buffered data. The caller must `resume` the socket. */
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
