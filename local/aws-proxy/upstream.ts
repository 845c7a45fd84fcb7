import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SentRequest } from './request.ts';

export interface Answer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** They belong to one line, not to the message. */
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
 * An idle line is given up before the server does (Node's own hangs up after 5 s): a request that meets a closing line
 * would be lost, and the proxy must never repeat one, since the first may have been a write.
 */
const IDLE_MS = 2_000;

/** One end hung up: nothing that the proxy could mend. */
export class BrokenConnectionError extends Error {
  override readonly name = 'BrokenConnectionError';
}

/** One of the emulators. */
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

  /** Sends it once. @throws {BrokenConnectionError} before the whole answer is here */
  async send(sent: SentRequest, signal?: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = this.#request({
      ...this.#target,
      method: sent.method,
      path: this.#pathPrefix + sent.path,
      headers: [...endToEnd(sent.headers), 'content-length', String(sent.body.length)],
      ...(signal && { signal }),
    });
    request.once('response', resolve);
    request.on('error', (cause) =>
      reject(new BrokenConnectionError('The emulator is not there.', { cause })),
    );
    request.end(sent.body);
    const response = await promise;
    const body = await wholeBody(response);
    return { status: response.statusCode ?? 502, headers: endToEnd(response.rawHeaders), body };
  }

  close(): void {
    this.#target.agent.destroy();
  }
}

/** @throws {BrokenConnectionError} in the middle */
export async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  message.on('data', (chunk: Buffer) => chunks.push(chunk));
  message.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  const fail = (cause?: unknown) =>
    reject(new BrokenConnectionError('The line broke in the middle.', { cause }));
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

/** The answer with another body; DynamoDB's checksum follows it. */
export function withBody(answer: Answer, body: Buffer, checksum: (body: Buffer) => number): Answer {
  const headers = answer.headers.map((value, at) =>
    at % 2 === 1 && answer.headers[at - 1]?.toLowerCase() === 'x-amz-crc32' ? String(checksum(body)) : value,
  );
  return { ...answer, headers, body };
}
