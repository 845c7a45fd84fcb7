import { UnauthorizedError } from '@serverless-im/client';
import * as oauth from 'oauth4webapi';
import type { OidcAuth } from '../config.ts';
import type { Session } from './session.ts';
import { isKept, tabStorage } from './tab-storage.ts';

/**
 * OpenID Connect's code flow with PKCE (RFC 9700), as a public client without a secret. Tokens are in sessionStorage,
 * so they end with the tab.
 */

const PENDING_KEY = 'im.oidc.pending';
const TOKENS_KEY = 'im.oidc.tokens';
/** A token that expires sooner is renewed before use. */
const LEAST_LIFE_MS = 60_000;

interface Pending {
  readonly state: string;
  readonly verifier: string;
  readonly nonce: string;
  /** The view to return to: path, query, and fragment. */
  readonly returnTo: string;
}

interface Tokens {
  readonly access: string;
  readonly refresh?: string | undefined;
  readonly expiresAtMs: number;
  readonly subject: string;
  readonly name: string;
}

/** Redirects to the issuer's sign-in. */
export async function goToIssuer(auth: OidcAuth): Promise<void> {
  const server = await discover(auth);
  if (server.authorization_endpoint === undefined)
    throw new Error('the issuer has no authorization endpoint');
  const verifier = oauth.generateRandomCodeVerifier();
  const pending: Pending = {
    verifier,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    returnTo: `${location.pathname}${location.search}${location.hash}`,
  };
  tabStorage.setItem(PENDING_KEY, JSON.stringify(pending));
  if (!isKept(PENDING_KEY))
    throw new Error('this browser blocks storage for this page. Allow it, and try again.');
  const url = new URL(server.authorization_endpoint);
  const parameters = {
    client_id: auth.clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: auth.scope ?? 'openid',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: pending.state,
    nonce: pending.nonce,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

/** Finishes a sign-in that returns from the issuer, or restores the tokens of this tab. */
export async function resumeOidcSession(auth: OidcAuth): Promise<Session | undefined> {
  const pending = take<Pending>(PENDING_KEY);
  const url = new URL(location.href);
  const isAnswer = url.searchParams.has('code') || url.searchParams.has('error');
  if (pending !== undefined && isAnswer) {
    // Removed from the address and the history first, whatever fails later: a code works once.
    history.replaceState(null, '', redirectUri());
    const tokens = keep(await exchange(auth, url, pending));
    if (!isSameView(pending.returnTo)) return redirectTo(pending.returnTo);
    history.replaceState(null, '', pending.returnTo);
    return sessionOf(auth, tokens);
  }
  const tokens = read<Tokens>(TOKENS_KEY);
  return tokens && sessionOf(auth, tokens);
}

function sessionOf(auth: OidcAuth, first: Tokens): Session {
  let tokens = first;
  let renewing: Promise<string> | undefined;
  const renew = async (): Promise<string> => {
    tokens = keep(await refresh(auth, tokens));
    return tokens.access;
  };
  return {
    name: tokens.name,
    storeName: `${auth.issuer}/${tokens.subject}`,
    getToken: async () => {
      if (tokens.expiresAtMs - Date.now() > LEAST_LIFE_MS) return tokens.access;
      // A refresh token may work only once, so concurrent calls share one renewal.
      renewing ??= renew().finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    signOut: () => tabStorage.removeItem(TOKENS_KEY),
  };
}

async function exchange(auth: OidcAuth, url: URL, { state, verifier, nonce }: Pending): Promise<Tokens> {
  const server = await discover(auth);
  const client = { client_id: auth.clientId };
  const answer = oauth.validateAuthResponse(server, client, url, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    redirectUri(),
    verifier,
    optionsFor(auth),
  );
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  const claims = oauth.getValidatedIdTokenClaims(result);
  const subject = claims?.sub ?? '';
  const name = ['preferred_username', 'cognito:username', 'name', 'email'].map((claim) => claims?.[claim]);
  return tokensOf(result, { subject, name: name.find((text) => typeof text === 'string') ?? subject });
}

/** @throws {UnauthorizedError} if the issuer refuses: the user has to sign in again */
async function refresh(auth: OidcAuth, tokens: Tokens): Promise<Tokens> {
  if (tokens.refresh === undefined) throw new UnauthorizedError('the sign-in has expired');
  const server = await discover(auth);
  const client = { client_id: auth.clientId };
  const options = optionsFor(auth);
  const response = await oauth.refreshTokenGrantRequest(
    server,
    client,
    oauth.None(),
    tokens.refresh,
    options,
  );
  try {
    return tokensOf(await oauth.processRefreshTokenResponse(server, client, response), tokens);
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError)
      throw new UnauthorizedError('the sign-in has expired', error);
    throw error;
  }
}

function tokensOf(
  result: oauth.TokenEndpointResponse,
  { subject, name, refresh: old }: { subject: string; name: string; refresh?: string | undefined },
): Tokens {
  const { access_token: access, refresh_token, expires_in = 3600 } = result;
  return {
    access,
    refresh: refresh_token ?? old,
    expiresAtMs: Date.now() + expires_in * 1000,
    subject,
    name,
  };
}

async function discover(auth: OidcAuth): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(auth.issuer);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, optionsFor(auth)));
}

/** Allows plain HTTP only for an issuer on this machine. */
function optionsFor({ issuer }: OidcAuth) {
  const { hostname } = new URL(issuer);
  return { [oauth.allowInsecureRequests]: hostname === '127.0.0.1' || hostname === 'localhost' };
}

/** The page's root for every view, since the issuer has one redirect URI registered. */
function redirectUri(): string {
  return new URL('.', location.href).href;
}

/** Loads the page there, which restores the tokens. Never resolves, so that nothing else happens here. */
function redirectTo(url: string): Promise<never> {
  location.replace(url);
  return new Promise(() => {});
}

function isSameView(url: string): boolean {
  const { pathname, search } = new URL(url, location.href);
  return pathname === location.pathname && search === '';
}

function keep(tokens: Tokens): Tokens {
  tabStorage.setItem(TOKENS_KEY, JSON.stringify(tokens));
  return tokens;
}

function read<T>(key: string): T | undefined {
  const text = tabStorage.getItem(key);
  return text === null ? undefined : (JSON.parse(text) as T);
}

function take<T>(key: string): T | undefined {
  const value = read<T>(key);
  tabStorage.removeItem(key);
  return value;
}
