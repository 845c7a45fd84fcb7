import { JwtExpiredError, JwtNotBeforeError, KidNotFoundInJwksError } from 'aws-jwt-verify/error';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import type { JwtHeader, JwtPayload } from 'aws-jwt-verify/jwt-model';
import { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';
import { USER_ID } from '../../protocol/ids.ts';
import { parseName, parseRoles, wordsOf } from '../domain/model/roles.ts';
import type { Identity, TokenVerifier } from '../domain/model/token.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { ImError, UnauthorizedError } from '../shared/errors.ts';
import { createIssuerKeys } from './issuer-keys.ts';

export interface TokenVerifierProps {
  readonly issuer: string;
  /** Accepted values of `aud`, or of `client_id` if a token has no `aud` (Cognito access tokens). */
  readonly audience: readonly string[];
  /** Empty: the issuer's discovery document names the URL. */
  readonly jwksUri: string;
  readonly userIdClaim: string;
  /** The claim that holds the roles (IM-ROLE). @default - no roles */
  readonly rolesClaim?: string;
  /** Words in that claim that free a user of the budget (IM-BUDGET-4). @default - none */
  readonly unlimitedRoles?: readonly string[];
  /** @default globalThis.fetch */
  readonly fetchKeys?: typeof fetch;
  /** @default the system's */
  readonly clock?: Clock;
}

/** The issuer's clock may be ahead of ours. */
const CLOCK_SKEW_SECONDS = 5;
const EXPIRED = 'The token has expired.';
const EARLY = 'The token is not valid yet.';

/**
 * Verifies tokens for the socket and for HTTP alike: RS256 only, and with a user id that the contract allows (IM-CONN-1,
 * IM-CONN-2).
 */
export function createTokenVerifier(props: TokenVerifierProps): TokenVerifier {
  const { issuer, jwksUri } = props;
  const keysFor = createIssuerKeys({ clock: systemClock, ...props });
  const verifier = JwtVerifier.create({ issuer, audience: null, jwksUri: jwksUri || issuer });
  let cached: unknown;

  async function verified(token: string): Promise<JwtPayload> {
    const { header, payload } = decomposeUnverifiedJwt(token);
    const kid = keyIdOf(header);
    // A token of another issuer must not cause a read of the keys.
    if (payload.iss !== issuer) throw new UnauthorizedError('The token is of another issuer.');
    const keys = await keysFor(kid);
    if (keys !== cached) verifier.cacheJwks(keys);
    cached = keys;
    return verifier.verifySync(token, { graceSeconds: CLOCK_SKEW_SECONDS });
  }

  return {
    async verify(token) {
      try {
        return identityOf(props, await verified(token));
      } catch (cause) {
        throw cause instanceof ImError ? cause : new UnauthorizedError(reasonOf(cause), { cause });
      }
    },
  };
}

/** What an operator who sets an issuer up needs to know (IM-CONN-7); of a signature there is nothing to say. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof JwtExpiredError) return EXPIRED;
  if (error instanceof KidNotFoundInJwksError) return 'The issuer has no key with the id of the token.';
  return error instanceof JwtNotBeforeError ? EARLY : undefined;
}

/** Returns the key id of a header that has no unknown extension: "if any of the listed extension … are not understood, … invalid". */
function keyIdOf({ alg, kid, crit }: JwtHeader & { readonly crit?: unknown }): string {
  if (alg !== 'RS256' || kid === undefined || crit !== undefined)
    throw new UnauthorizedError('The token is not signed by RS256 with a key id.');
  return kid;
}

function identityOf(
  { audience, userIdClaim, rolesClaim, unlimitedRoles = [], clock = systemClock }: TokenVerifierProps,
  payload: Readonly<Record<string, unknown>>,
): Identity {
  const nowSeconds = clock() / 1000;
  const { exp, iat, token_use: use, name } = payload;
  const named = [payload['aud'] ?? payload['client_id']].flat();
  const isForUs = named.some((one) => typeof one === 'string' && audience.includes(one));
  const isCurrent = typeof exp === 'number' && exp > nowSeconds;
  const isIssued = iat === undefined || (typeof iat === 'number' && iat <= nowSeconds + CLOCK_SKEW_SECONDS);
  // Cognito's id token has the same audience as its access token, and is meant for the app only.
  const isForAccess = use === undefined || use === 'access';
  if (!isForUs) throw new UnauthorizedError('The token is for another audience.');
  if (!isForAccess) throw new UnauthorizedError('The token is not an access token.');
  if (!isCurrent) throw new UnauthorizedError(exp === undefined ? 'The token has no expiry.' : EXPIRED);
  if (!isIssued) throw new UnauthorizedError(EARLY);
  const userId = payload[userIdClaim];
  if (typeof userId !== 'string' || !USER_ID.test(userId))
    throw new UnauthorizedError('The user id is not valid.');
  const roles = rolesClaim === undefined ? undefined : payload[rolesClaim];
  return {
    userId,
    // "Non-integer values can be represented" (RFC 7519), but not in our frames.
    expiresAtMs: Math.floor(exp * 1000),
    roles: parseRoles(roles),
    isUnlimited: wordsOf(roles).some((word) => unlimitedRoles.includes(word)),
    name: parseName(name),
  };
}
