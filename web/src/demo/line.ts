import type { Environment, Socket, WebSocketConstructor } from '@serverless-im/client';

/** A network that can be cut: what the SDK is given of the world, and the switch. */
export interface Line {
  readonly environment: Pick<Environment, 'WebSocket' | 'fetch' | 'onWake'>;
  readonly isCut: boolean;
  cut(): void;
  heal(): void;
}

/** Cut, sockets end as they do when a phone loses its network, and nothing new gets through. */
export function createLine(): Line {
  const sockets = new Set<LineSocket>();
  const wakes = new Set<() => void>();
  let isCut = false;

  class LineSocket implements Socket {
    onopen: Socket['onopen'] = null;
    onmessage: Socket['onmessage'] = null;
    onerror: Socket['onerror'] = null;
    onclose: Socket['onclose'] = null;
    readonly #inner: WebSocket | undefined;

    constructor(url: string, protocols: string[]) {
      sockets.add(this);
      if (isCut) {
        setTimeout(() => this.drop());
        return;
      }
      const inner = new WebSocket(url, protocols);
      this.#inner = inner;
      inner.onopen = (event) => this.onopen?.(event as never);
      inner.onmessage = (event) => this.onmessage?.(event as never);
      inner.onerror = (event) => this.onerror?.(event as never);
      inner.onclose = () => this.drop();
    }

    send(data: string): void {
      this.#inner?.send(data);
    }

    close(): void {
      this.#inner?.close();
    }

    drop(): void {
      if (!sockets.delete(this)) return;
      const inner = this.#inner;
      if (inner !== undefined) {
        inner.onopen = inner.onmessage = inner.onerror = inner.onclose = null;
        inner.close();
      }
      this.onclose?.(new CloseEvent('close', { code: 1006 }) as never);
    }
  }

  return {
    environment: {
      WebSocket: LineSocket satisfies WebSocketConstructor,
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
      for (const socket of [...sockets]) socket.drop();
    },
    heal() {
      isCut = false;
      for (const wake of wakes) wake();
    },
  };
}
