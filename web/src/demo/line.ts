import type { Environment } from '@serverless-im/client';

/** A network that can be cut: what the SDK is given of the world, and the switch. */
export interface Line {
  readonly environment: Pick<Environment, 'WebSocket' | 'fetch' | 'onWake'>;
  readonly isCut: boolean;
  cut(): void;
  heal(): void;
}

/** Cut, sockets end as they do when a phone loses its network, and nothing new gets through. */
export function createLine(): Line {
  const sockets = new Set<WebSocket>();
  const wakes = new Set<() => void>();
  let isCut = false;

  class LineSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.add(this);
      this.addEventListener('close', () => sockets.delete(this));
      if (isCut) this.close();
    }
  }

  return {
    environment: {
      WebSocket: LineSocket,
      fetch: (url, init) => (isCut ? Promise.reject(new TypeError('the line is cut')) : fetch(url, init)),
      onWake: (wake) => {
        wakes.add(wake);
        return () => wakes.delete(wake);
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
