import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Cancel } from './clock.ts';
import { FrameGuard } from './frame-guard.ts';
import type { Runtime } from './runtime.ts';
import type { ClosureFacts, ConnectionFacts } from './websocket-events.ts';

/** How long a client may take to answer a close frame before its socket is destroyed. */
const CLOSE_HANDSHAKE_MS = 2_000;

/** WebSocket errors that the library finds by itself, and the code it closes with. */
const CODE_OF_LIBRARY_ERROR: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
};

export interface ConnectionListener {
  onMessage(text: string): void;
  /** Once, as soon as the connection is no longer usable: its id is gone from then on. */
  onEnd(closure: ClosureFacts): void;
}

/** One open WebSocket: its limits, its clocks, and its end. */
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

  /** Bytes that the client has not yet taken from the gateway. */
  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  send(text: string): void {
    if (!this.#isOpen) return;
    this.#lastActiveAt = this.#runtime.clock.now();
    // Errors of a dying socket show as its end.
    this.#webSocket.send(text, () => {});
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#webSocket.close(code, reason);
    const cancel = this.#runtime.timers.schedule(CLOSE_HANDSHAKE_MS, () => this.#webSocket.terminate());
    this.#webSocket.once('close', cancel);
    this.#end({ code, reason });
  }

  /** Cuts the line without a close frame: the client sees 1006. */
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
    // Before the library's own listener, which unmasks in place and would deliver the offending frame.
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
   * Only messages count, in either direction: the quota page says "Idle Connection Timeout", users report that
   * messages of both directions reset it (hotsock.io/docs/connections/keep-alive, github.com
   * andyrichardson/subscriptionless#3) and that protocol pings don't keep a connection (same issue). The strict
   * reading is the safe one here: a client that lives by pings fails on this machine rather than on AWS.
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

/** Where the client gave no reason. That of 1005 is AWS's; for the others none is on record. */
function reasonOf(code: number): string {
  if (code === 1005) return 'Client-side close frame status not set';
  if (code === 1006) return 'Connection closed abnormally';
  return '';
}
