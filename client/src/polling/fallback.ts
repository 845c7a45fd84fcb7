import type { Fetch, Socket, WebSocketConstructor } from '../support/environment.ts';
import { PollingSocket } from './polling-socket.ts';

/** Options of `withPolling`. */
export interface PollingOptions {
  /** The client's `httpUrl`. */
  readonly httpUrl: string;
  /** Opens the real sockets. Defaults to the platform's. */
  readonly WebSocket?: WebSocketConstructor;
  /** Sends the polls. Defaults to the platform's. */
  readonly fetch?: Fetch;
  /** A monotonic clock in milliseconds. Defaults to `performance.now`. */
  readonly nowMs?: () => number;
}

/** Polling starts after this many failed upgrades in a row (IM-POLL-3). */
const FAILURES = 3;
/** The time until a real socket is tried again (IM-POLL-3). */
const SOCKET_RETRY_MS = 5 * 60_000;

/**
 * Creates a WebSocket class for networks where WebSockets fail: after three failed upgrades in a row it polls instead,
 * and every five minutes it tries a real socket again (IM-POLL-3).
 *
 * While polling, `typing` and live text have no effect, `recall`, `presence`, `request`, and the desk reject with
 * `unavailable`, read cursors are sent when a socket is back, and there is no event `frame`. Polling costs the operator
 * some 300 times as much as a socket.
 *
 * Asks for edits and recalls about once a minute (IM-CHANGE-4); their events don't name the user who made them.
 *
 * @example
 * createClient({ wsUrl, httpUrl, getToken, environment: { WebSocket: withPolling({ httpUrl }) } });
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
      return new PollingSocket({ url, protocols, httpUrl, fetch, forMs: leftMs, nowMs });
    }
    const socket = new RealSocket(url, protocols) as Socket & EventTarget;
    let isOpen = false;
    socket.addEventListener('open', () => {
      isOpen = true;
      failures = 0;
    });
    socket.addEventListener('close', () => {
      if (isOpen) return;
      // After five minutes of polling, a single failure continues it.
      failures += 1;
      if (failures >= FAILURES) pollingSinceMs = nowMs();
    });
    return socket;
  }

  // Called with `new`; the object that `open` returns is the socket.
  return class {
    constructor(url: string, protocols: string[]) {
      // biome-ignore lint/correctness/noConstructorReturn: `open` decides which of the two it is
      return open(url, protocols);
    }
  } as unknown as WebSocketConstructor;
}
