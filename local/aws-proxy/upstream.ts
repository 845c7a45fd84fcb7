import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SentRequest } from './sent-request.ts';

export interface Answer {
  readonly status: number;
  /** Alternating names and values. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Headers of one connection, not of the message. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
]);

/**
 * Closes idle connections before the server does (Node after 5 s). A request on a connection that is closing would be
 * lost, and the proxy must not repeat it, since the first may have been a write.
 */
const IDLE_MS = 2_000;

/** The emulator or the caller disconnected; the proxy can't recover. */
export class BrokenConnectionError extends Error {
  override readonly name = 'BrokenConnectionError';
}

/** Client of one emulator. */
export class Upstream {
  readonly #target: { readonly host: string; readonly port: string; readonly agent: Agent };
  readonly #pathPrefix: string;
  readonly #request: (options: RequestOptions) => ClientRequest;

  constructor(endpoint: string) {
    const { protocol, hostname, port, pathname } = new URL(endpoint);
    const isSecure = protocol === 'https:';
    const options = { keepAlive: true, timeout: IDLE_MS };
    const agent = isSecure ? new HttpsAgent(options) : new Agent(options);
    this.#target = { host: hostname, port, agent };
    this.#pathPrefix = pathname.replace(/\/$/, '');
    this.#request = isSecure ? httpsRequest : httpRequest;
  }

  /** Sends the request once. @throws {BrokenConnectionError} if the connection breaks before the answer is complete */
  async send(sent: SentRequest, signal?: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = this.#request({
      ...this.#target,
      method: sent.method,
      path: this.#pathPrefix + sent.path,
      headers: [...this.#withHost(endToEnd(sent.headers)), 'content-length', String(sent.body.length)],
      ...(signal && { signal }),
    });
    request.once('response', resolve);
    request.on('error', (cause) =>
      reject(new BrokenConnectionError('Cannot reach the emulator.', { cause })),
    );
    request.end(sent.body);
    const response = await promise;
    const body = await wholeBody(response);
    const headers = endToEnd(response.rawHeaders);
    // The answer to HEAD has no body that would tell the length.
    const length = sent.method === 'HEAD' ? response.headers['content-length'] : undefined;
    if (length !== undefined) headers.push('content-length', length);
    return { status: response.statusCode ?? 502, headers, body };
  }

  /** Node adds none to a list of headers: requests of the proxy's own have none. */
  #withHost(headers: readonly string[]): readonly string[] {
    const { host, port } = this.#target;
    return headerOf({ headers }, 'host') === undefined ? [...headers, 'host', `${host}:${port}`] : headers;
  }

  close(): void {
    this.#target.agent.destroy();
  }
}

/** @throws {BrokenConnectionError} if the connection breaks before the end */
export async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  message.on('data', (chunk: Buffer) => chunks.push(chunk));
  message.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  const fail = (cause?: unknown) =>
    reject(new BrokenConnectionError('The connection broke before the end of the body.', { cause }));
  message.on('error', fail);
  message.once('close', fail);
  return promise;
}

function endToEnd(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = '', value = ''] = headers.slice(index, index + 2);
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

export function headerOf({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined {
  const index = headers.findIndex((each, at) => at % 2 === 0 && each.toLowerCase() === name);
  return index < 0 ? undefined : headers[index + 1];
}

/** The answer with another body, and with DynamoDB's checksum updated. */
export function withBody(answer: Answer, body: Buffer, checksum: (body: Buffer) => number): Answer {
  const headers = answer.headers.map((value, at) =>
    at % 2 === 1 && answer.headers[at - 1]?.toLowerCase() === 'x-amz-crc32' ? String(checksum(body)) : value,
  );
  return { ...answer, headers, body };
}
