import type { Fetch, Socket, WebSocketConstructor } from '../support/environment.ts';
import { PollingSocket } from './polling-socket.ts';

export interface PollingOptions {
  /** As `httpUrl` of the client. */
  readonly httpUrl: string;
  /** The platform's by default. */
  readonly WebSocket?: WebSocketConstructor;
  /** The platform's by default. */
  readonly fetch?: Fetch;
  /** Milliseconds of some clock that never jumps. */
  readonly nowMs?: () => number;
}

/** Upgrades that fail in a row before polling begins (IM-POLL-3). */
const FAILURES = 3;
/** How long until a socket is tried again (IM-POLL-3). */
const SOCKET_RETRY_MS = 5 * 60_000;

/**
 * A WebSocket for networks where WebSockets fail: after three upgrades that didn't come about it is one that polls, and
 * every five minutes it tries a real one again. Give it to the client as `environment: { WebSocket: withPolling(…) }`.
 *
 * While polling, `read`, `recall`, `typing`, and presence have no way: reads are told when a socket is back.
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
      // One try after five minutes of polling is enough to know.
      failures += 1;
      if (failures >= FAILURES) pollingSinceMs = nowMs();
    });
    return socket;
  }

  // Called with `new`, and what is returned is the socket.
  return class {
    constructor(url: string, protocols: string[]) {
      // biome-ignore lint/correctness/noConstructorReturn: which of the two it is shows only now
      return open(url, protocols);
    }
  } as unknown as WebSocketConstructor;
}
