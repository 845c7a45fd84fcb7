import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './upstream.ts';

/** The caller's end of one request. */
export class ClientLine {
  /** Aborts when the caller hangs up before it has its answer. */
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

  /** What the promise comes to, or nothing if the caller goes first. */
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

  answer({ status, headers, body }: Answer): void {
    const length = status === 204 ? [] : ['content-length', String(body.length)];
    this.#response.writeHead(status, [...headers, ...length]).end(body);
  }

  /** Closes the line without a word. */
  cut(): void {
    this.#request.socket.destroy();
  }
}
