import { type GetToken, UnauthorizedError } from '../../client/src/index.ts';
import { OperatorError } from '../../local/operator-error.ts';
import { localHttpUrl } from '../local-stack.ts';
import { DEFAULT_PORT } from '../start/options.ts';
import { commandLine } from '../wording.ts';
import type { ChatArguments } from './arguments.ts';

/** The options with which the SDK reaches a server, and the user. */
export interface ServerAccess {
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly getToken: GetToken;
  readonly userId: string;
}

/** Finds the server of the arguments. @throws {OperatorError} it does not answer, or refuses the token */
export async function findServer(args: ChatArguments): Promise<ServerAccess> {
  const httpUrl = (args.kind === 'local' ? await localUrl(args) : args.httpUrl).replace(/\/+$/, '');
  const hint = args.kind === 'local' ? `; start one with: ${commandLine('start', portOption(httpUrl))}` : '';
  const getToken = args.kind === 'local' ? () => devToken(httpUrl, args.me) : () => args.token;
  const token = await Promise.resolve(getToken()).catch((error: unknown) => {
    throw unreachable(error) ? new OperatorError(`No server at ${httpUrl}${hint}`) : error;
  });
  const response = await fetch(`${httpUrl}/session`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  }).catch(() => {
    throw new OperatorError(`No server at ${httpUrl}${hint}`);
  });
  if (response.status === 401)
    throw new OperatorError('The token was refused: it has expired or belongs to another server.');
  if (response.status === 403) throw new OperatorError(banText(await response.json().catch(() => ({}))));
  if (!response.ok) throw new OperatorError(`${httpUrl}/session answered ${response.status}.`);
  const session = (await response.json().catch(() => ({}))) as { userId?: unknown; wsUrl?: unknown };
  const { userId, wsUrl } = session;
  if (typeof wsUrl !== 'string' || typeof userId !== 'string') {
    throw new OperatorError(`${httpUrl} is not a serverless-im HTTP API.`);
  }
  const chosen = args.kind === 'local' ? atFront(wsUrl, httpUrl) : (args.wsUrl ?? wsUrl);
  return { wsUrl: chosen, httpUrl, getToken, userId };
}

/** @throws {OperatorError} no port is named, and no stack runs */
export async function localUrl({ port, data }: Pick<LocalArguments, 'port' | 'data'>): Promise<string> {
  return port === undefined ? localHttpUrl(data) : `http://127.0.0.1:${port}`;
}

type LocalArguments = Extract<ChatArguments, { readonly kind: 'local' }>;

/** With `--nodes`, the session names one node, and a client of that address alone would wait for it if it dies. */
function atFront(wsUrl: string, httpUrl: string): string {
  return httpUrl.replace(/^http/, 'ws') + new URL(wsUrl).pathname;
}

/** A good token is refused only if its user is banned (IM-BAN-1). */
function banText({ until }: { readonly until?: unknown }): string {
  const end = typeof until === 'number' ? ` until ${new Date(until).toLocaleString()}` : '';
  return `The people who run this server have banned you${end}.`;
}

function portOption(baseUrl: string): string {
  const { port } = new URL(baseUrl);
  return port === String(DEFAULT_PORT) ? '' : `--port ${port}`;
}

async function devToken(baseUrl: string, userId: string): Promise<string> {
  const response = await fetch(`${baseUrl}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status >= 400 && response.status < 500)
    throw new UnauthorizedError(`the issuer refused a token for ${userId}`);
  if (!response.ok) throw new OperatorError(`${baseUrl}/token answered ${response.status}.`);
  const { token } = (await response.json()) as { token: string };
  return token;
}

/** Node's fetch throws a TypeError for any failure below HTTP. */
function unreachable(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}
