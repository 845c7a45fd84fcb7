/** Stops a timer or ends a subscription. Idempotent. */
export type Cancel = () => void;

/** The part of a WebSocket that this SDK uses: handlers as properties, which every implementation supports. */
export interface Socket {
  /** Called when the socket is open. */
  onopen: ((event: never) => unknown) | null;
  /** Called with `{ data }` for each frame; `data` is a string. */
  onmessage: ((event: never) => unknown) | null;
  /** Called on an error. `onclose` always follows. */
  onerror: ((event: never) => unknown) | null;
  /** Called once when the socket has closed or could not open. */
  onclose: ((event: never) => unknown) | null;
  /** Sends a text frame. Called only while the socket is open. */
  send(data: string): void;
  /** Closes the socket. May be called in any state. */
  close(): void;
}

/** A WebSocket class. A browser can't set headers, so the token travels in `protocols` (IM-CONN-1). */
export type WebSocketConstructor = new (url: string, protocols: string[]) => Socket;

/** The part of a `Response` that this SDK uses. */
export interface FetchResponse {
  /** Whether the status is 200 to 299. */
  readonly ok: boolean;
  /** The HTTP status. */
  readonly status: number;
  /** Resolves to the body. */
  text(): Promise<string>;
}

/** The part of `fetch` that this SDK uses. Rejects if there is no HTTP answer. A `FormData` is a file to upload, where there is no `XMLHttpRequest`. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string | FormData; signal: AbortSignal },
) => Promise<FetchResponse>;

/**
 * The parts of the platform that the client uses: sockets, HTTP, time, and random numbers. Replace parts of it with
 * `ClientOptions.environment`.
 *
 * @example
 * // AppState of React Native:
 * const onWake: Environment['onWake'] = (wake) => {
 *   const subscription = AppState.addEventListener('change', (state) => state === 'active' && wake());
 *   return () => subscription.remove();
 * };
 * createClient({ wsUrl, httpUrl, getToken, environment: { onWake } });
 */
export interface Environment {
  /** Opens sockets. Undefined where the platform has no `WebSocket` of its own, such as Node before 22. */
  readonly WebSocket: WebSocketConstructor | undefined;
  /** Makes HTTP requests. */
  readonly fetch: Fetch;
  /** A monotonic clock in milliseconds, which measures all waiting times. */
  nowMs(): number;
  /** Epoch milliseconds of this device. It may jump; used to notice that the device slept. */
  wallClockMs(): number;
  /** Runs `task` once, `delayMs` milliseconds from now. Returns a function that cancels it. */
  after(delayMs: number, task: () => void): Cancel;
  /** A random number, 0 ≤ n < 1. */
  random(): number;
  /**
   * Calls `wake` when the network or the app is back, since a socket may have died unnoticed, and `offline` when the
   * network is gone: on `online`, `visibilitychange`, and `offline` in a browser. In React Native, supply one for
   * `AppState`. Returns an unsubscribe function. A sleep of the device is noticed without it, by the clocks.
   */
  onWake(wake: () => void, offline: () => void): Cancel;
}

// Above this, setTimeout fires at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** As `Environment.after`, by the platform's timers. */
export function after(delayMs: number, task: () => void): Cancel {
  const timer = setTimeout(task, Math.min(delayMs, MAX_TIMER_MS));
  return () => clearTimeout(timer);
}

/** The environment of browsers, Node 22+, and React Native, with the given parts replaced. */
export function environmentOf(parts: Partial<Environment> = {}): Environment {
  return {
    WebSocket: globalThis.WebSocket,
    // Wrapped, since browsers refuse `fetch` as a method of another object.
    fetch: (url, init) => globalThis.fetch(url, init),
    nowMs: () => performance.now(),
    wallClockMs: () => Date.now(),
    after,
    random: () => Math.random(),
    onWake: onBrowserWake,
    ...parts,
  };
}

function onBrowserWake(wake: () => void, offline: () => void): Cancel {
  const { document } = globalThis as { document?: Document };
  // Node and React Native lack at least one of them.
  if (!document?.addEventListener || !globalThis.addEventListener) return () => {};
  const onVisibility = (): void => {
    if (document.visibilityState === 'visible') wake();
  };
  const aborter = new AbortController();
  const { signal } = aborter;
  document.addEventListener('visibilitychange', onVisibility, { signal });
  globalThis.addEventListener('online', wake, { signal });
  globalThis.addEventListener('offline', offline, { signal });
  return () => aborter.abort();
}

/**
 * A fresh id for a message or a device: 22 characters, about 113 bits. It must be unique per user and is not secret, so
 * `Math.random` is enough; React Native has no `crypto`.
 */
export function newId(environment: Pick<Environment, 'random'>): string {
  let id = '';
  while (id.length < 22) id += Math.floor(environment.random() * 36).toString(36);
  return id;
}
