import { createRemoteJWKSet, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { recordOf } from '../json.ts';
import type { JwtAuthorizerModel } from '../model.ts';
import type { RequestFacts } from './request-facts.ts';
import type { Runtime } from './runtime.ts';

/** `requestContext.authorizer.jwt`; scopes are null on routes that require none. */
export interface JwtIdentity {
  readonly claims: Readonly<Record<string, string>>;
  readonly scopes: readonly string[] | null;
}

export type JwtVerdict =
  | { readonly ok: true; readonly identity: JwtIdentity }
  | { readonly ok: false; readonly wwwAuthenticate: string };

type KeySet = ReturnType<typeof createRemoteJWKSet>;

const ALGORITHMS = ['RS256', 'RS384', 'RS512'];
/** "API Gateway can cache the public key for two hours." */
const KEY_CACHE_MS = 2 * 60 * 60_000;
/** AWS allows an issuer 1.5 s; here the issuer may be this same busy process. */
const ISSUER_TIMEOUT_MS = 5_000;

/** The client gets the message as `error_description`. */
class TokenRefusal extends Error {}

/**
 * The JWT authorizer of HTTP APIs. Verifies the RSA signature with the keys from the issuer's discovery document, then
 * `iss`, `aud` (or `client_id` if there is none), `exp`, `nbf`, and `iat`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export class JwtAuthorizer {
  readonly #model: JwtAuthorizerModel;
  readonly #runtime: Runtime;
  #keySet: Promise<KeySet> | undefined;

  constructor(model: JwtAuthorizerModel, runtime: Runtime) {
    this.#model = model;
    this.#runtime = runtime;
  }

  async authorize(request: RequestFacts): Promise<JwtVerdict> {
    const token = findToken(this.#model.identitySource, request);
    if (token === undefined) return { ok: false, wwwAuthenticate: 'Bearer' };
    try {
      const claims = await this.#verify(token);
      return { ok: true, identity: { claims: stringifyClaims(claims), scopes: null } };
    } catch (error) {
      const description = describeRefusal(error);
      if (description.endsWith('communication error')) {
        this.#runtime.log.warn(`Issuer ${this.#model.issuer}: ${description}: ${describeCause(error)}`);
      }
      const wwwAuthenticate = `Bearer scope="" error="invalid_token" error_description="${description}"`;
      return { ok: false, wwwAuthenticate };
    }
  }

  async #verify(token: string): Promise<JWTPayload> {
    // The library would accept a token without a key id if the issuer has only one key; AWS does not.
    if (typeof decodeProtectedHeader(token).kid !== 'string') {
      throw new TokenRefusal('the token does not name a key');
    }
    const nowMs = this.#runtime.clock.now();
    const { payload } = await jwtVerify(token, await this.#keys(), {
      algorithms: ALGORITHMS,
      issuer: this.#model.issuer,
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    });
    const audiences = [payload.aud ?? payload['client_id']].flat();
    const isForUs = audiences.some(
      (audience) => typeof audience === 'string' && this.#model.audience.includes(audience),
    );
    if (!isForUs) throw new TokenRefusal('the token does not have a valid audience');
    if (payload.iat !== undefined && payload.iat * 1000 > nowMs) {
      throw new TokenRefusal('the token was issued in the future');
    }
    return payload;
  }

  /** A failed request is retried for the next token. */
  async #keys(): Promise<KeySet> {
    this.#keySet ??= discoverKeys(this.#model.issuer);
    try {
      return await this.#keySet;
    } catch (error) {
      this.#keySet = undefined;
      throw error;
    }
  }
}

async function discoverKeys(issuer: string): Promise<KeySet> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const keysUrl = await fetchKeysUrl(url).catch((cause: unknown) => {
    throw new TokenRefusal('OIDC discovery endpoint communication error', { cause });
  });
  return createRemoteJWKSet(keysUrl, {
    timeoutDuration: ISSUER_TIMEOUT_MS,
    cacheMaxAge: KEY_CACHE_MS,
    // Reload the keys at an unknown key id: the dev issuer may have restarted with a new key.
    cooldownDuration: 0,
  });
}

async function fetchKeysUrl(url: string): Promise<URL> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const { jwks_uri: keysUrl } = recordOf(await response.json());
  if (typeof keysUrl !== 'string') throw new Error(`${url} has no jwks_uri`);
  return new URL(keysUrl);
}

/** Uses the first source that is present: "only the token, or the token prefixed with Bearer". */
function findToken(identitySource: readonly string[], request: RequestFacts): string | undefined {
  for (const source of identitySource) {
    const [, location, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
    const isNamed = ([header]: readonly [string, string]) => header.toLowerCase() === name.toLowerCase();
    const value =
      location === 'header'
        ? request.headers.find(isNamed)?.[1]
        : new URLSearchParams(request.rawQueryString).get(name);
    const token = value?.replace(/^Bearer\s+/i, '').trim() ?? '';
    if (token !== '') return token;
  }
  return undefined;
}

/** Keyed by the library's error code. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  [errors.JWTExpired.code]: 'the token has expired',
  [errors.JOSEAlgNotAllowed.code]: 'the token has an unsupported algorithm',
  [errors.JWKSNoMatchingKey.code]: 'the token is signed with an unknown key',
  [errors.JWSSignatureVerificationFailed.code]: 'the token signature is invalid',
  [errors.JWSInvalid.code]: 'the token is malformed',
  [errors.JWTInvalid.code]: 'the token is malformed',
};

function describeRefusal(error: unknown): string {
  if (error instanceof TokenRefusal) return error.message;
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the token has an invalid ${error.claim} claim`;
  if (error instanceof TypeError && error.message.startsWith('Invalid Token'))
    return 'the token is malformed';
  const description = error instanceof errors.JOSEError ? DESCRIPTIONS[error.code] : undefined;
  return description ?? 'JWKS communication error';
}

function describeCause(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? String(error.cause) : String(error);
}

/**
 * Converts all values to strings: arrays as `[a b]` (aws-solutions-library-samples/
 * guidance-for-claude-code-with-amazon-bedrock#803). How AWS writes objects is undocumented; here they are JSON.
 */
function stringifyClaims(payload: JWTPayload): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, stringifyClaim(value)]));
}

function stringifyClaim(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stringifyClaim).join(' ')}]`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
