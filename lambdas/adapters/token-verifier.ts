import { JwtVerifier } from 'aws-jwt-verify';
import { JwksValidationError } from 'aws-jwt-verify/error';
import type { Fetcher } from 'aws-jwt-verify/https';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { USER_ID } from '../../protocol/ids.ts';
import { parseName, parseRoles } from '../domain/model/roles.ts';
import type { Identity, TokenVerifier } from '../domain/model/token.ts';
import { UnauthorizedError, UnavailableError } from '../shared/errors.ts';

export interface TokenVerifierProps {
  readonly issuer: string;
  /** Accepted values of `aud`, or of `client_id` if a token has no `aud` (Cognito access tokens). */
  readonly audience: readonly string[];
  readonly jwksUri: string;
  readonly userIdClaim: string;
  /** The claim that holds the roles (IM-ROLE). @default - no roles */
  readonly rolesClaim?: string;
  /** @default globalThis.fetch */
  readonly fetchKeys?: typeof fetch;
}

const FETCH_TIMEOUT_MS = 3_000;

class KeysUnavailableError extends Error {}

/** Uses `fetch`, since the library's own fetcher accepts only `https:`, and a local issuer has no certificate. */
function createFetcher(fetchKeys: typeof fetch): Fetcher {
  return {
    async fetch(uri) {
      try {
        const response = await fetchKeys(uri, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
        if (!response.ok) throw new Error(`status ${response.status}`);
        return await response.arrayBuffer();
      } catch (cause) {
        throw new KeysUnavailableError('The keys of the issuer could not be read.', { cause });
      }
    },
  };
}

/**
 * Verifies tokens like the HTTP API's JWT authorizer, but accepts only RS256, and requires a user id that the contract
 * allows (IM-CONN-1, IM-CONN-2). Keeps the keys for the life of the process, and fetches them again for an unknown key id.
 */
export function createTokenVerifier(props: TokenVerifierProps): TokenVerifier {
  const { issuer, audience, jwksUri, userIdClaim, rolesClaim, fetchKeys = fetch } = props;
  const verifier = JwtVerifier.create(
    { issuer, audience: null, jwksUri },
    { jwksCache: new SimpleJwksCache({ fetcher: createFetcher(fetchKeys) }) },
  );

  function check(header: { alg?: unknown }, payload: Readonly<Record<string, unknown>>): Identity {
    if (header.alg !== 'RS256') throw new UnauthorizedError();
    const named = [payload['aud'] ?? payload['client_id']].flat();
    if (!named.some((one) => typeof one === 'string' && audience.includes(one)))
      throw new UnauthorizedError();
    const userId = payload[userIdClaim];
    if (typeof userId !== 'string' || !USER_ID.test(userId))
      throw new UnauthorizedError('The user id is not valid.');
    if (typeof payload['exp'] !== 'number') throw new UnauthorizedError();
    return {
      userId,
      expiresAtMs: payload['exp'] * 1000,
      roles: rolesClaim === undefined ? [] : parseRoles(payload[rolesClaim]),
      name: parseName(payload['name']),
    };
  }

  return {
    async verify(token) {
      let identity: Identity | undefined;
      try {
        await verifier.verify(token, {
          customJwtCheck: ({ header, payload }) => {
            identity = check(header, payload);
          },
        });
      } catch (cause) {
        if (cause instanceof KeysUnavailableError || cause instanceof JwksValidationError) {
          throw new UnavailableError({ cause });
        }
        throw cause instanceof UnauthorizedError ? cause : new UnauthorizedError(undefined, { cause });
      }
      if (identity === undefined) throw new UnauthorizedError();
      return identity;
    },
  };
}
