import { type ClientOptions, WebSocket } from 'ws';

export interface Closure {
  readonly code: number;
  readonly reason: string;
}

export interface RefusedUpgrade {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A WebSocket client that buffers what it receives until the test reads it. */
export class TestClient {
  readonly webSocket: WebSocket;
  readonly closed: Promise<Closure>;
  readonly #received: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.webSocket = new WebSocket(url, protocols, options);
    this.webSocket.on('error', () => {});
    this.webSocket.on('message', (data) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#received.push(data.toString());
      else waiting(data.toString());
    });
    const { promise, resolve } = Promise.withResolvers<Closure>();
    this.webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    this.closed = promise;
  }

  /** Rejects if the upgrade is refused. */
  async opened(): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.webSocket.once('open', resolve);
    this.webSocket.once('error', reject);
    await promise;
    return this;
  }

  /** Rejects if the socket opens. */
  async refused(): Promise<RefusedUpgrade> {
    const { promise, resolve, reject } = Promise.withResolvers<RefusedUpgrade>();
    this.webSocket.once('open', () => reject(new Error('The socket opened')));
    this.webSocket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    return promise;
  }

  send(frame: unknown): void {
    this.webSocket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  async next(): Promise<string> {
    const received = this.#received.shift();
    if (received !== undefined) return received;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.push(resolve);
    return promise;
  }
}
