import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Cancel } from './clock.ts';
import { FrameGuard } from './frame-guard.ts';
import type { Runtime } from './runtime.ts';
import type { ClosureFacts, ConnectionFacts } from './websocket-events.ts';

/** Time for a client to answer a close frame before its socket is destroyed. */
const CLOSE_HANDSHAKE_MS = 2_000;

/** Errors that the WebSocket library detects itself, and the close code it sends. */
const CODE_OF_LIBRARY_ERROR: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
};

export interface ConnectionListener {
  onMessage(text: string): void;
  /** Called once, as soon as the connection is unusable: its id is gone from then on. */
  onEnd(closure: ClosureFacts): void;
}

/** One open WebSocket: enforces its limits and timeouts, and reports its end. */
export class Connection {
  readonly facts: ConnectionFacts;
  readonly #runtime: Runtime;
  readonly #webSocket: WebSocket;
  readonly #listener: ConnectionListener;
  #lastActiveAt: number;
  #isOpen = true;
  #cancelIdle: Cancel = () => {};
  #cancelDuration: Cancel = () => {};

  constructor(
    runtime: Runtime,
    facts: ConnectionFacts,
    webSocket: WebSocket,
    socket: Duplex,
    listener: ConnectionListener,
  ) {
    this.#runtime = runtime;
    this.facts = facts;
    this.#webSocket = webSocket;
    this.#listener = listener;
    this.#lastActiveAt = runtime.clock.now();
    this.#guardFrames(socket);
    this.#listen();
    this.#watchIdleness();
    const { connectionDurationMs } = runtime.limits;
    this.#cancelDuration = runtime.timers.schedule(connectionDurationMs, () => this.#goAway());
  }

  get lastActiveAt(): number {
    return this.#lastActiveAt;
  }

  /** Bytes that the client has not read yet. */
  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  send(text: string): void {
    if (!this.#isOpen) return;
    this.#lastActiveAt = this.#runtime.clock.now();
    // A failed send is reported as the end of the connection.
    this.#webSocket.send(text, () => {});
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#webSocket.close(code, reason);
    const cancel = this.#runtime.timers.schedule(CLOSE_HANDSHAKE_MS, () => this.#webSocket.terminate());
    this.#webSocket.once('close', cancel);
    this.#end({ code, reason });
  }

  /** Disconnects without a close frame: the client sees 1006. */
  drop(): void {
    this.#webSocket.terminate();
    this.#end({ code: 1006, reason: 'Connection dropped' });
  }

  /** Resolves when the socket itself is closed. */
  closed(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) resolve();
    else this.#webSocket.once('close', () => resolve());
    return promise;
  }

  #guardFrames(socket: Duplex): void {
    const guard = new FrameGuard(this.#runtime.limits);
    // Runs before the library's listener, which unmasks in place and would deliver the offending frame.
    const inspect = (chunk: Buffer) => {
      const violation = guard.push(chunk);
      if (violation === undefined) return;
      socket.off('data', inspect);
      this.close(violation.code, violation.reason);
    };
    socket.prependListener('data', inspect);
  }

  #listen(): void {
    this.#webSocket.on('message', (data) => {
      if (!this.#isOpen) return;
      this.#lastActiveAt = this.#runtime.clock.now();
      this.#listener.onMessage(data.toString());
    });
    this.#webSocket.on('error', (error: NodeJS.ErrnoException) => {
      const isProtocolError = error.code?.startsWith('WS_ERR_') === true;
      const code = isProtocolError ? (CODE_OF_LIBRARY_ERROR[error.code ?? ''] ?? 1002) : 1006;
      this.#end({ code, reason: error.message });
    });
    this.#webSocket.on('close', (code, reason) => {
      this.#end({ code, reason: reason.toString() || reasonOf(code) });
    });
  }

  /**
   * Only messages reset the idle timeout, in either direction. The quota page says "Idle Connection Timeout"; users
   * report that messages in both directions reset it (hotsock.io/docs/connections/keep-alive, github.com
   * andyrichardson/subscriptionless#3) and that protocol pings do not (same issue). The strict reading is safe: a
   * client that relies on pings fails here rather than on AWS.
   */
  #watchIdleness(): void {
    const { clock, limits, timers } = this.#runtime;
    const remainingMs = this.#lastActiveAt + limits.idleTimeoutMs - clock.now();
    if (remainingMs <= 0) {
      this.#goAway();
      return;
    }
    this.#cancelIdle = timers.schedule(remainingMs, () => this.#watchIdleness());
  }

  #goAway(): void {
    this.close(1001, 'Going away');
  }

  #end(closure: ClosureFacts): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#cancelIdle();
    this.#cancelDuration();
    this.#listener.onEnd(closure);
  }
}

/** The reason if the client gave none. The text for 1005 is AWS's; no record exists of the others. */
function reasonOf(code: number): string {
  if (code === 1005) return 'Client-side close frame status not set';
  if (code === 1006) return 'Connection closed abnormally';
  return '';
}
