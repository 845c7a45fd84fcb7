import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './upstream.ts';

/** The caller's side of one request. */
export class ClientConnection {
  /** Aborts when the caller disconnects before it has its answer. */
  readonly gone: AbortSignal;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    const gone = new AbortController();
    this.gone = gone.signal;
    this.#request = request;
    this.#response = response;
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    response.on('error', () => undefined);
    if (request.destroyed && !request.complete) gone.abort();
  }

  /** The promise's value, or undefined if the caller disconnects first. */
  async untilGone<T>(promise: Promise<T>): Promise<T | undefined> {
    const left = Promise.withResolvers<undefined>();
    const leave = () => left.resolve(undefined);
    if (this.gone.aborted) leave();
    this.gone.addEventListener('abort', leave);
    try {
      return await Promise.race([promise, left.promise]);
    } finally {
      this.gone.removeEventListener('abort', leave);
    }
  }

  /** Headers of the answer, whichever it will be. */
  addHeaders(headers: readonly (readonly [name: string, value: string])[]): void {
    for (const [name, value] of headers) this.#response.setHeader(name, value);
  }

  answer({ status, headers, body }: Answer): void {
    const hasLength = status === 204 || status === 304 || this.#request.method === 'HEAD';
    const length = hasLength ? [] : ['content-length', String(body.length)];
    this.#response.writeHead(status, [...headers, ...length]).end(body);
  }

  /** Closes the connection without an answer. */
  cut(): void {
    this.#request.socket.destroy();
  }
}
