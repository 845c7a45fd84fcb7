import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sirv from 'sirv';
import { REVALIDATED_CACHE } from '../../web/serving.ts';

/** The files of the reference: those of the package, or in the repository those that the first request builds. */
export interface ApiDocsFolder {
  path(): Promise<string>;
  remove(): void;
}

export function apiDocsFolder(projectDirectory: string): ApiDocsFolder {
  const packaged = join(projectDirectory, 'api-docs');
  let built: string | undefined;
  let building: Promise<string> | undefined;
  const build = async () => {
    built = mkdtempSync(join(tmpdir(), 'serverless-im-docs-'));
    await promisify(execFile)(process.execPath, [join(projectDirectory, 'scripts/api-docs.ts'), built]);
    return built;
  };
  return {
    async path() {
      if (existsSync(packaged)) return packaged;
      building ??= build();
      return building;
    },
    remove() {
      if (built !== undefined) rmSync(built, { recursive: true, force: true });
    },
  };
}

export interface ApiDocsUrls {
  readonly httpUrl: string;
  readonly wsUrl: string;
  /** Origins that the page may call besides its own: the HTTP API, and the issuer of tokens. */
  readonly connect: readonly string[];
}

/** Serves the reference of the API below `/docs`, with the URLs of this machine. Nothing of it asks the network. */
export function serveApiDocs(folder: ApiDocsFolder, urls: ApiDocsUrls) {
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const directory = await folder.path();
    response.setHeaders(headersOf(urls.connect, path === 'asyncapi'));
    if (path === 'openapi.json' || path === 'asyncapi.json') {
      const document = JSON.parse(readFileSync(join(directory, path), 'utf8'));
      const body = {
        ...document,
        servers: path === 'openapi.json' ? httpServers(urls) : socketServers(urls, document),
      };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      return;
    }
    request.url = `/${path}`;
    sirv(directory, { dev: true, etag: true, onNoMatch: sayNotFound })(request, response);
  };
}

/** For a person who has mistyped an address: an empty body is an empty page. */
export function sayNotFound(_request: IncomingMessage, response: ServerResponse): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': REVALIDATED_CACHE };
  response.writeHead(404, headers).end('Not found.\n');
}

const HERE = 'This machine';

function httpServers({ httpUrl }: ApiDocsUrls): object {
  return [{ url: httpUrl, description: HERE }];
}

function socketServers(
  { wsUrl }: ApiDocsUrls,
  { servers }: { readonly servers: Record<string, object> },
): object {
  return { ...servers, local: { ...servers['local'], host: new URL(wsUrl).host } };
}

/**
 * Only its own files run. Unlike the chat's page, the viewers make markup from strings, which are descriptions of this project's
 * own documents, and styles and pictures with it. The one of AsyncAPI compiles its own schemas when it is loaded.
 */
function headersOf(connect: readonly string[], compiles: boolean): Headers {
  const policy = [
    "default-src 'none'",
    `script-src 'self'${compiles ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self' ${[...new Set(connect)].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return new Headers({
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': REVALIDATED_CACHE,
  });
}
