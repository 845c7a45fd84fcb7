import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JWK,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { USER_ID, USER_ID_RULE } from '../protocol/ids.ts';
import { readBody } from './gateway/request-body.ts';
import { parseJson, recordOf } from './json.ts';
import { isLoopback } from './loopback.ts';
import type { TokenModel } from './model.ts';

const MAX_BODY_BYTES = 4096;
/** The default of the stack's option `rolesClaim`. */
const ROLES_CLAIM = 'cognito:groups';
const DEFAULT_LIFETIME_SECONDS = 24 * 60 * 60;
const MAX_LIFETIME_SECONDS = 365 * 24 * 60 * 60;

/** Not where Cognito has its keys: only the discovery document says where. */
const KEYS_PATH = '/dev-issuer/keys';

const tokenRequest = z.object({
  userId: z.string().regex(USER_ID, {
    error: ({ input }) => `${JSON.stringify(input)} is no user id: ${USER_ID_RULE}`,
  }),
  expiresInSeconds: z.number().int().min(1).max(MAX_LIFETIME_SECONDS).optional(),
  roles: z.array(z.string().max(64)).max(20).optional(),
  name: z.string().max(256).optional(),
});

export interface TokenOptions {
  /** Negative for an expired token. @default a day */
  readonly expiresInSeconds?: number | undefined;
  /** Put into the claim that holds Cognito's groups (IM-ROLE). */
  readonly roles?: readonly string[] | undefined;
  /** Display name. */
  readonly name?: string | undefined;
  /** Added to the default claims, or replacing them. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Added to the token's header. Extensions that `crit` names are allowed. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface DevIssuerOptions {
  readonly audience: string;
  /** Stores the key, so that tokens stay valid after a restart. @default - a new key each time */
  readonly keyFile?: string;
}

/**
 * An OpenID Connect issuer that gives any program on this machine a token for any user. It exists only in `local/`, so no
 * deployed stack trusts it. Web pages are refused, except those of `trust`: any page that is open in a browser here could
 * ask, and its own name may lead to this machine (DNS rebinding), so the request's `Host` counts, too.
 */
export class DevIssuer {
  readonly #key: CryptoKey;
  readonly #jwk: JWK;
  #tokens: readonly TokenModel[];
  readonly #pages = new Set<string>();
  #url = '';

  private constructor(key: CryptoKey, jwk: JWK, audience: string) {
    this.#key = key;
    this.#jwk = jwk;
    this.#tokens = [{ audience, userIdClaim: 'sub', rolesClaim: ROLES_CLAIM }];
  }

  /** Makes tokens as these chats want them, from now on; none: as before. */
  speakFor(tokens: readonly TokenModel[]): void {
    if (tokens.length > 0) this.#tokens = tokens;
  }

  static async create({ audience, keyFile }: DevIssuerOptions): Promise<DevIssuer> {
    const key = await loadOrMakeKey(keyFile);
    const { kty, n, e } = await exportJWK(key);
    const publicKey = { kty, n, e } as JWK;
    const kid = await calculateJwkThumbprint(publicKey);
    return new DevIssuer(key, { ...publicKey, kid, use: 'sig', alg: 'RS256' }, audience);
  }

  /** The issuer's URL is known once the gateway listens. */
  serveAt(url: string): void {
    this.#url = url;
  }

  /** Lets pages of these origins ask for tokens. */
  trust(origins: Iterable<string>): void {
    for (const origin of origins) this.#pages.add(origin);
  }

  get issuer(): string {
    return this.#url;
  }

  get tokenUrl(): string {
    return `${this.#url}/token`;
  }

  async token(userId: string, options: TokenOptions = {}): Promise<string> {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const lifetimeSeconds = options.expiresInSeconds ?? DEFAULT_LIFETIME_SECONDS;
    const claims = {
      ...Object.fromEntries(this.#tokens.map(({ userIdClaim }) => [userIdClaim, userId])),
      sub: userId,
      aud: audienceOf(this.#tokens),
      iss: this.#url,
      iat: nowSeconds,
      exp: nowSeconds + lifetimeSeconds,
      ...(options.roles &&
        Object.fromEntries(this.#tokens.map(({ rolesClaim }) => [rolesClaim, options.roles]))),
      ...(options.name !== undefined && { name: options.name }),
      ...options.claims,
    };
    const crit = [options.header?.['crit'] ?? []].flat().map((name) => [name, true]);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: String(this.#jwk.kid), ...options.header })
      .sign(this.#key, { crit: Object.fromEntries(crit) });
  }

  /** Answers the issuer's own paths. Returns false, with nothing written, for all others. */
  async route(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const path = (request.url ?? '/').split('?')[0];
    const answer = {
      '/.well-known/openid-configuration': () => this.#discovery(),
      [KEYS_PATH]: () => ({ keys: [this.#jwk] }),
      '/token': undefined,
    }[path ?? ''];
    if (answer === undefined && path !== '/token') return false;
    const { host, origin } = request.headers;
    if (!isLoopback(host) || (origin !== undefined && !this.#pages.has(origin))) {
      send(response, 403, { message: 'The dev issuer answers programs of this machine, and its own page.' });
      return true;
    }
    if (origin !== undefined) response.setHeaders(corsFor(origin));
    const allowed = answer ? 'GET' : 'POST';
    if (request.method === 'OPTIONS') send(response, 204);
    else if (request.method !== allowed) send(response, 405, { message: `Use ${allowed}.` });
    else if (answer) send(response, 200, answer());
    else await this.#answerToken(request, response);
    return true;
  }

  #discovery() {
    return {
      issuer: this.#url,
      jwks_uri: `${this.#url}${KEYS_PATH}`,
      token_endpoint: this.tokenUrl,
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  async #answerToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === 'too-large')
      return send(response, 413, { message: `The body exceeds ${MAX_BODY_BYTES} bytes.` });
    const asked = parseJson(body.toString());
    if (recordOf(asked)['userId'] === undefined)
      return send(response, 400, { message: 'Send JSON: {"userId":"alice"}.' });
    const parsed = tokenRequest.safeParse(asked);
    if (!parsed.success) return send(response, 400, { message: lineOf(parsed.error) });
    const { userId, ...options } = parsed.data;
    const token = await this.token(userId, options);
    send(response, 200, { token });
  }
}

/** A text for one chat, as most issuers write it. */
function audienceOf(tokens: readonly TokenModel[]): string | string[] {
  const audiences = [...new Set(tokens.map(({ audience }) => audience.split(',')[0] ?? ''))];
  return audiences.length === 1 ? String(audiences[0]) : audiences;
}

/** The first fault. */
function lineOf({ issues: [issue] }: z.ZodError): string {
  return [...(issue?.path ?? []), issue?.message].join(': ');
}

/** The key file contains PKCS #8. */
async function loadOrMakeKey(file: string | undefined): Promise<CryptoKey> {
  if (file !== undefined && existsSync(file)) {
    const text = readFileSync(file, 'utf8');
    return importPKCS8(text.slice(text.indexOf('-----BEGIN')), 'RS256', { extractable: true });
  }
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  if (file !== undefined) writeFileSync(file, await exportPKCS8(privateKey), { mode: 0o600 });
  return privateKey;
}

function corsFor(origin: string): Headers {
  return new Headers({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'content-type, authorization',
    vary: 'Origin',
  });
}

function send(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, body && { 'content-type': 'application/json' });
  response.end(body && JSON.stringify(body));
}
