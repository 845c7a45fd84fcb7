import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { generateKeyPair, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { closeServer, listenOn } from '../../../local/listening.ts';
import { tokenOf } from './stack.ts';

export interface Issuer {
  readonly url: string;
  /** The grant types of the requests to the token endpoint, in order. */
  readonly grants: readonly string[];
  /** The redirect URIs it was given. */
  readonly redirectUris: readonly string[];
  /** Refuses refresh tokens from now on. */
  revoke(): void;
}

/** The client does not verify the signature, since the token endpoint is trusted (OpenID Connect Core, 3.1.3.7). */
const KEY = generateKeyPair('RS256');

/**
 * An OpenID Connect issuer that signs everybody in as this user. It enforces the code flow's rules (PKCE, single use),
 * and the stack trusts its access tokens.
 * @param expiresInSeconds the `expires_in` of its access tokens
 */
export async function openIssuer(
  userId: string,
  clientId: string,
  expiresInSeconds: number,
): Promise<Issuer> {
  const codes = new Map<string, URLSearchParams>();
  const grants: string[] = [];
  const redirectUris: string[] = [];
  let isRevoked = false;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer.url);
    const send = (status: number, body: unknown, headers: object = {}) => {
      response.writeHead(status, {
        'access-control-allow-origin': '*',
        'content-type': 'application/json',
        ...headers,
      });
      response.end(JSON.stringify(body));
    };
    if (url.pathname === '/.well-known/openid-configuration') {
      return send(200, {
        issuer: issuer.url,
        authorization_endpoint: `${issuer.url}/authorize`,
        token_endpoint: `${issuer.url}/token`,
      });
    }
    if (url.pathname === '/authorize') {
      const code = crypto.randomUUID();
      codes.set(code, url.searchParams);
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      redirectUris.push(back.href);
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      return send(302, {}, { location: back.href });
    }
    const form = new URLSearchParams(await text(request));
    const grant = form.get('grant_type') ?? '';
    grants.push(grant);
    const asked = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isGood = grant === 'refresh_token' ? !isRevoked : asked?.get('code_challenge') === challenge;
    if (!isGood) return send(400, { error: 'invalid_grant' });
    send(200, {
      access_token: await tokenOf(userId),
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      refresh_token: 'again',
      ...(asked && { id_token: await idToken(issuer.url, userId, clientId, asked.get('nonce') ?? '') }),
    });
  });
  const issuer = {
    url: `http://127.0.0.1:${await listenOn(server, 0)}`,
    grants,
    redirectUris,
    revoke: () => {
      isRevoked = true;
    },
  };
  onTestFinished(() => closeServer(server));
  return issuer;
}

async function idToken(issuer: string, userId: string, clientId: string, nonce: string): Promise<string> {
  return new SignJWT({ nonce, preferred_username: userId })
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(issuer)
    .setSubject(userId)
    .setAudience(clientId)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign((await KEY).privateKey);
}
