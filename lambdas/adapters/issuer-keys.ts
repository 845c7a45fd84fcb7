import { assertIsJwks, findJwkInJwks, type Jwks } from 'aws-jwt-verify/jwk';
import type { Json } from 'aws-jwt-verify/safe-json-parse';
import type { Clock } from '../shared/clock.ts';
import { UnavailableError } from '../shared/errors.ts';
import { describe, logger } from '../shared/logger.ts';

export interface IssuerKeysProps {
  readonly issuer: string;
  /** Empty: the issuer's discovery document names the URL. */
  readonly jwksUri: string;
  readonly clock: Clock;
  /** @default globalThis.fetch */
  readonly fetchKeys?: typeof fetch;
}

/** The time limit for discovery document and keys together: `authorize` has 5 s in all. */
const READ_TIMEOUT_MS = 3_000;
/** A key that the issuer has withdrawn is accepted for this long. */
const MAX_AGE_MS = 60 * 60_000;
/** Forged tokens with made-up key ids, or an issuer that is down, cause one read in this time. */
const COOLDOWN_MS = 10_000;

/**
 * Returns a function that gives the issuer's keys for a token signed with this key id. It reads them when it has none, when
 * they are an hour old, and for an unknown key id, since the issuer may have rotated them. While the issuer is down the
 * last known keys stay valid.
 *
 * The library reads keys from a fixed URL and keeps them for ever. Issuers publish them where their discovery document says.
 * openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export function createIssuerKeys({ issuer, jwksUri, clock, fetchKeys = fetch }: IssuerKeysProps) {
  let keys: Jwks | undefined;
  let readAtMs = 0;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    triedAtMs = clock();
    try {
      const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
      const url = jwksUri === '' ? await discover(issuer, fetchKeys, signal) : jwksUri;
      const found = await fetchJson(url, fetchKeys, signal);
      assertIsJwks(found);
      keys = found;
      readAtMs = triedAtMs;
      failure = undefined;
    } catch (error) {
      failure = error;
      logger.warn('issuer keys not read', { error: describe(error) });
    }
  }

  /** @throws {UnavailableError} the issuer can't be reached, so it is unknown whether this key is its own */
  return async (kid: string): Promise<Jwks> => {
    const isKnown = () => keys !== undefined && findJwkInJwks(keys, kid) !== undefined;
    if (!isKnown() || clock() - readAtMs >= MAX_AGE_MS) {
      if (clock() - triedAtMs >= COOLDOWN_MS) {
        reading ??= read().finally(() => {
          reading = undefined;
        });
      }
      await reading;
    }
    if (keys === undefined || (failure !== undefined && !isKnown()))
      throw new UnavailableError({ cause: failure });
    return keys;
  };
}

async function discover(issuer: string, fetchKeys: typeof fetch, signal: AbortSignal): Promise<string> {
  // "any terminating / MUST be removed before appending"
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { issuer: named, jwks_uri: keysUrl } = Object(await fetchJson(url, fetchKeys, signal));
  // Required by the specification: otherwise the keys may be another issuer's.
  if (named !== issuer)
    throw new Error(`${url} is of the issuer ${String(named)}: set the option issuer to exactly that`);
  if (typeof keysUrl !== 'string' || !isAsSafe(keysUrl, issuer))
    throw new Error(`${url} has no safe jwks_uri: set the option jwksUri`);
  return keysUrl;
}

/** Keys fetched without TLS could be forged. Only a local issuer has no certificate. */
function isAsSafe(url: string, issuer: string): boolean {
  return url.startsWith('https://') || (issuer.startsWith('http://') && url.startsWith('http://'));
}

async function fetchJson(url: string, fetchKeys: typeof fetch, signal: AbortSignal): Promise<Json> {
  const response = await fetchKeys(url, { signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as Json;
}
