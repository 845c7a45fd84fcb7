/** Stops a timer. */
export type Cancel = () => void;

/** What this SDK uses of a WebSocket: the handlers as properties, which every implementation has. */
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

/** The world outside: sockets, HTTP, time, and chance. Tests replace what they want to rule over. */
export interface Environment {
  readonly WebSocket: WebSocketConstructor;
  readonly fetch: Fetch;
  /** Milliseconds since some fixed moment; never jumps. Every waiting time is measured by it. */
  nowMs(): number;
  /** Epoch milliseconds of this device: a guess at `sentAt` until the server's is known, and nothing else. */
  wallClockMs(): number;
  /** Runs `task` once, `delayMs` from now. */
  after(delayMs: number, task: () => void): Cancel;
  /** 0 ≤ n < 1. */
  random(): number;
  /**
   * Calls back whenever the network or the app comes back, when a socket may have died unseen: `online` and
   * `visibilitychange` of a browser. In React Native give one for `AppState`. Returns the way out.
   */
  onWake(wake: () => void): Cancel;
}

// setTimeout fires at once above this.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The world as browsers, Node 22+, and React Native give it, with the given parts replaced. */
export function environmentOf(parts: Partial<Environment> = {}): Environment {
  return {
    WebSocket: globalThis.WebSocket,
    // Wrapped: browsers refuse a fetch that is called as a method of something else.
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
  // Node and React Native have neither, or one without the other.
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

const ID_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A fresh id for a message, a frame, or a device: 22 characters, about 130 bits. It names things within one user and
 * guards nothing, so `Math.random` will do, and `crypto` (absent from React Native) isn't needed.
 */
export function newId(environment: Pick<Environment, 'random'>): string {
  let id = '';
  while (id.length < 22) id += ID_ALPHABET[Math.floor(environment.random() * ID_ALPHABET.length)] ?? '';
  return id;
}
