import type { Fetch, Socket, WebSocketConstructor } from '../support/environment.ts';
import { PollingSocket } from './polling-socket.ts';

export interface PollingOptions {
  /** The same as `httpUrl` of the client. */
  readonly httpUrl: string;
  /** The platform's by default. */
  readonly WebSocket?: WebSocketConstructor;
  /** The platform's by default. */
  readonly fetch?: Fetch;
  /** A monotonic clock in milliseconds. */
  readonly nowMs?: () => number;
}

/** Polling begins after this many failed upgrades in a row (IM-POLL-3). */
const FAILURES = 3;
/** The time until a real socket is tried again (IM-POLL-3). */
const SOCKET_RETRY_MS = 5 * 60_000;

/**
 * A WebSocket for networks where WebSockets fail: after three failed upgrades it polls instead, and every five minutes it
 * tries a real socket again. Pass it to the client as `environment: { WebSocket: withPolling(…) }`.
 *
 * While polling, `recall`, `typing`, and presence don't work; reads are sent when a socket is back.
 */
export function withPolling(options: PollingOptions): WebSocketConstructor {
  const {
    httpUrl,
    WebSocket: RealSocket = globalThis.WebSocket as unknown as WebSocketConstructor,
    fetch = (url, init) => globalThis.fetch(url, init),
    nowMs = () => performance.now(),
  } = options;
  let failures = 0;
  let pollingSinceMs = 0;

  const isPolling = (): boolean => failures >= FAILURES && nowMs() - pollingSinceMs < SOCKET_RETRY_MS;

  function open(url: string, protocols: string[]): Socket {
    if (isPolling()) {
      const leftMs = pollingSinceMs + SOCKET_RETRY_MS - nowMs();
      return new PollingSocket({ url, protocols, httpUrl, fetch, forMs: leftMs });
    }
    const socket = new RealSocket(url, protocols) as Socket & EventTarget;
    let isOpen = false;
    socket.addEventListener('open', () => {
      isOpen = true;
      failures = 0;
    });
    socket.addEventListener('close', () => {
      if (isOpen) return;
      // After five minutes of polling, one failure is enough to go on polling.
      failures += 1;
      if (failures >= FAILURES) pollingSinceMs = nowMs();
    });
    return socket;
  }

  // It is called with `new`, and the returned object is the socket.
  return class {
    constructor(url: string, protocols: string[]) {
      // biome-ignore lint/correctness/noConstructorReturn: which of the two it is shows only now
      return open(url, protocols);
    }
  } as unknown as WebSocketConstructor;
}
