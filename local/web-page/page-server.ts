import { createServer, type Server } from 'node:http';
import sirv from 'sirv';
import {
  contentSecurityPolicy,
  IMMUTABLE_CACHE,
  IMMUTABLE_PATH,
  REVALIDATED_CACHE,
  VIEWS,
  widgetAncestors,
} from '../../web/serving.ts';
import { closeServer, listenOn } from '../listening.ts';
import { OperatorError, systemErrorCode } from '../operator-error.ts';
import { type ApiDocsFolder, sayNotFound, serveApiDocs } from './api-docs.ts';

export interface PageServerOptions {
  /** Folder of the built page. */
  readonly directory: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Content of `config.json`: see `web/src/config.ts`. */
  readonly config: {
    readonly wsUrl: string;
    readonly httpUrl: string;
    readonly auth: object;
    readonly widgetOrigins: readonly string[];
    readonly files?: { readonly maxBytes: number; readonly types: readonly string[] };
    readonly webPush?: boolean;
  };
  /** The origin of the bucket of files. @default - users can't send files */
  readonly filesOrigin?: string | undefined;
  /** URLs of the sign-in service, which the page may call besides the chat's own. */
  readonly signInUrls: readonly string[];
  /** Served below `/docs`. @default - no reference */
  readonly apiDocs?: ApiDocsFolder;
}

export interface PageServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves the web page as CloudFront does: the same files and headers, with its own `config.json`.
 * @throws {OperatorError} if the port is not available
 */
export async function servePage(options: PageServerOptions): Promise<PageServer> {
  // Reads the folder on each request: another runtime may rebuild the page.
  const serveFile = sirv(options.directory, { dev: true, etag: true, onNoMatch: sayNotFound });
  const headers = headersOf(options);
  const embeddable = headersOf(options, widgetAncestors(options.config.widgetOrigins));
  const serveDocs =
    options.apiDocs && serveApiDocs(options.apiDocs, { ...options.config, connect: connectOf(options) });
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
    } else if (serveDocs && /^docs(\/|$)/.test(path)) {
      serveDocs(request, response, path.slice('docs/'.length)).catch(() => response.writeHead(500).end());
    } else if (path === 'config.json') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(options.config));
    } else {
      if (view !== undefined) request.url = '/';
      serveFile(request, response);
    }
  });
  const port = await listenAsPage(server, options.port);
  return { url: `http://127.0.0.1:${port}/`, stop: () => closeServer(server) };
}

/** The page is served last: a start that takes a while would be for nothing. @throws {OperatorError} */
export async function refuseTakenPagePort(port: number): Promise<void> {
  const server = createServer();
  await listenAsPage(server, port);
  await closeServer(server);
}

async function listenAsPage(server: Server, port: number): Promise<number> {
  try {
    return await listenOn(server, port);
  } catch (error) {
    const reason = systemErrorCode(error) === 'EADDRINUSE' ? 'is taken' : `can't be used`;
    throw new OperatorError(`Port ${port}, for the web page, ${reason}; choose another with --web-port.`, {
      cause: error,
    });
  }
}

function headersOf(
  options: PageServerOptions,
  frameAncestors: readonly string[] = [],
): Readonly<Record<string, string>> {
  const connect = connectOf(options);
  return {
    'content-security-policy': contentSecurityPolicy({ connect, frameAncestors, files: options.filesOrigin }),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}

function connectOf({ config, signInUrls }: PageServerOptions): readonly string[] {
  return [config.httpUrl, config.wsUrl, ...signInUrls].map((url) => new URL(url).origin);
}
