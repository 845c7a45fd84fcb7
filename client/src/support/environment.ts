/** Stops a timer. */
export type Cancel = () => void;

/** The part of a WebSocket that this SDK uses: handlers as properties, which every implementation has. */
export interface Socket {
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  send(data: string): void;
  close(): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => Socket;

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<unknown>;
}

export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<FetchResponse>;

/** The outside world: sockets, HTTP, time, and random numbers. Tests replace the parts they control. */
export interface Environment {
  readonly WebSocket: WebSocketConstructor;
  readonly fetch: Fetch;
  /** A monotonic clock in milliseconds. All waiting times are measured by it. */
  nowMs(): number;
  /** Epoch milliseconds of this device. It may jump: an estimate of `sentAt`, and a sign that the device has slept. */
  wallClockMs(): number;
  /** Runs `task` once, `delayMs` from now. */
  after(delayMs: number, task: () => void): Cancel;
  /** 0 ≤ n < 1. */
  random(): number;
  /**
   * Calls back when the network or the app comes back, since a socket may have died unnoticed: `online` and
   * `visibilitychange` in a browser. In React Native, supply one for `AppState`. Returns an unsubscribe function.
   */
  onWake(wake: () => void): Cancel;
}

// Above this, setTimeout fires at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The environment of browsers, Node 22+, and React Native, with the given parts replaced. */
export function environmentOf(parts: Partial<Environment> = {}): Environment {
  return {
    WebSocket: globalThis.WebSocket,
    // Wrapped, since browsers refuse a fetch that is called as a method of another object.
    fetch: (url, init) => globalThis.fetch(url, init),
    nowMs: () => performance.now(),
    wallClockMs: () => Date.now(),
    after: (delayMs, task) => {
      const timer = setTimeout(task, Math.min(delayMs, MAX_TIMER_MS));
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    onWake: onBrowserWake,
    ...parts,
  };
}

function onBrowserWake(wake: () => void): Cancel {
  const { document } = globalThis as { document?: Document };
  // Node and React Native lack at least one of them.
  if (!document?.addEventListener || !globalThis.addEventListener) return () => {};
  const onVisibility = (): void => {
    if (document.visibilityState === 'visible') wake();
  };
  document.addEventListener('visibilitychange', onVisibility);
  globalThis.addEventListener('online', wake);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    globalThis.removeEventListener('online', wake);
  };
}

/**
 * A fresh id for a message or a device: 22 characters, about 113 bits. It has to be unique within one user and is no
 * secret, so `Math.random` is enough; React Native has no `crypto`.
 */
export function newId(environment: Pick<Environment, 'random'>): string {
  let id = '';
  while (id.length < 22) id += Math.floor(environment.random() * 36).toString(36);
  return id;
}
