import type { Environment } from '@serverless-im/client';

/** A network with a switch, for the SDK's `environment`. */
export interface FlakyNetwork {
  readonly environment: Pick<Environment, 'WebSocket' | 'fetch' | 'onWake'>;
  readonly isCut: boolean;
  cut(): void;
  heal(): void;
}

/**
 * `cut` closes all sockets, as a phone that loses its network does, and blocks new ones and all requests until `heal`.
 */
export function createFlakyNetwork(): FlakyNetwork {
  const sockets = new Set<WebSocket>();
  const wakes = new Set<() => void>();
  let isCut = false;

  class FlakySocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.add(this);
      this.addEventListener('close', () => sockets.delete(this));
      if (isCut) this.close();
    }
  }

  return {
    environment: {
      WebSocket: FlakySocket,
      fetch: (url, init) => (isCut ? Promise.reject(new TypeError('the network is cut')) : fetch(url, init)),
      onWake: (wake, offline) => {
        wakes.add(wake);
        addEventListener('online', wake);
        addEventListener('offline', offline);
        return () => {
          wakes.delete(wake);
          removeEventListener('online', wake);
          removeEventListener('offline', offline);
        };
      },
    },
    get isCut() {
      return isCut;
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.close();
    },
    heal() {
      isCut = false;
      for (const wake of wakes) wake();
    },
  };
}
