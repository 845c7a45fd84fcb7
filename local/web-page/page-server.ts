import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';
import {
  contentSecurityPolicy,
  IMMUTABLE_CACHE,
  IMMUTABLE_PATH,
  REVALIDATED_CACHE,
  VIEWS,
} from '../../web/serving.ts';
import { OperatorError, systemErrorCode } from '../operator-error.ts';

/** See `web/src/config.ts`. */
export interface PageConfig {
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly auth: Readonly<Record<string, string>>;
}

export interface PageServerOptions {
  /** Of the built page. */
  readonly directory: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What its `config.json` says. */
  readonly config: PageConfig;
  /** URLs beside the chat's own that it may speak to: of whoever signs its users in. */
  readonly signInUrls: readonly string[];
}

export interface PageServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves the web page as CloudFront would: the same files, the same headers, and a `config.json` of its own.
 * @throws {OperatorError} if the port can't be had.
 */
export async function servePage(options: PageServerOptions): Promise<PageServer> {
  const files = filesOf(options);
  const headers = headersOf(options);
  const embeddable = headersOf(options, true);
  const server = createServer((request, response) => {
    const isEmbeddable = VIEWS[pathOf(request)]?.isEmbeddable ?? false;
    answer(request, response, files, isEmbeddable ? embeddable : headers);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options.port, '127.0.0.1', resolve);
  try {
    await promise;
  } catch (error) {
    const reason = systemErrorCode(error) === 'EADDRINUSE' ? 'is taken' : `can't be listened on`;
    throw new OperatorError(
      `Port ${options.port}, for the web page, ${reason}; choose another with --web-port.`,
      {
        cause: error,
      },
    );
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

type Files = ReadonlyMap<string, Buffer>;

/** All of them, once: a few hundred kilobytes, and a later build doesn't mix with this one. */
function filesOf({ directory, config }: PageServerOptions): Files {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1));
  const files = new Map(
    names.map((name) => [name.replaceAll(sep, '/'), readFileSync(join(directory, name))]),
  );
  return files.set('config.json', Buffer.from(JSON.stringify(config)));
}

function headersOf(
  { config, signInUrls }: PageServerOptions,
  isEmbeddable = false,
): Readonly<Record<string, string>> {
  const connect = [config.httpUrl, config.wsUrl, ...signInUrls].map((url) => new URL(url).origin);
  return {
    'content-security-policy': contentSecurityPolicy({ connect, isEmbeddable }),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0]?.slice(1) ?? '';
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: Files,
  headers: Readonly<Record<string, string>>,
): void {
  const { method } = request;
  const path = pathOf(request);
  const name = path === '' || Object.hasOwn(VIEWS, path) ? 'index.html' : path;
  const body = files.get(name);
  if (body === undefined) {
    response.writeHead(404, headers).end();
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { ...headers, allow: 'GET, HEAD' }).end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-length': body.length,
    'cache-control': name.startsWith(IMMUTABLE_PATH) ? IMMUTABLE_CACHE : REVALIDATED_CACHE,
  });
  response.end(method === 'HEAD' ? undefined : body);
}
