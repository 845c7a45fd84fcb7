import { createServer } from 'node:http';
import sirv from 'sirv';
import {
  contentSecurityPolicy,
  IMMUTABLE_CACHE,
  IMMUTABLE_PATH,
  REVALIDATED_CACHE,
  VIEWS,
} from '../../web/serving.ts';
import { closeServer, listenOn } from '../listening.ts';
import { OperatorError, systemErrorCode } from '../operator-error.ts';

export interface PageServerOptions {
  /** Of the built page. */
  readonly directory: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What its `config.json` says: see `web/src/config.ts`. */
  readonly config: { readonly wsUrl: string; readonly httpUrl: string; readonly auth: object };
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
  // Reads the folder with each request: another runtime may build the page anew.
  const serveFile = sirv(options.directory, { dev: true, etag: true });
  const headers = headersOf(options);
  const embeddable = headersOf(options, true);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]?.slice(1) ?? '';
    const view = Object.hasOwn(VIEWS, path) ? VIEWS[path] : undefined;
    response.setHeaders(new Map(Object.entries(view?.isEmbeddable ? embeddable : headers)));
    response.setHeader(
      'cache-control',
      path.startsWith(IMMUTABLE_PATH) ? IMMUTABLE_CACHE : REVALIDATED_CACHE,
    );
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else if (path === 'config.json') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(options.config));
    } else {
      if (view !== undefined) request.url = '/';
      serveFile(request, response);
    }
  });
  try {
    const port = await listenOn(server, options.port);
    return { url: `http://127.0.0.1:${port}/`, stop: () => closeServer(server) };
  } catch (error) {
    const reason = systemErrorCode(error) === 'EADDRINUSE' ? 'is taken' : `can't be listened on`;
    throw new OperatorError(
      `Port ${options.port}, for the web page, ${reason}; choose another with --web-port.`,
      { cause: error },
    );
  }
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
