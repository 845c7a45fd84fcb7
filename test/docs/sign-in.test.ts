import { readFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokenVerifier, type TokenVerifierProps } from '../../lambdas/adapters/token-verifier.ts';
import { DOCUMENTED_ISSUERS, type DocumentedIssuer } from './documented-issuers.ts';

const PAGE = readFileSync(new URL('../../docs/sign-in.md', import.meta.url), 'utf8');
const KEY_ID = 'k1';

let keys: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
});

/** The options that the page gives for an issuer. */
function optionsOf(name: string): Record<string, string> {
  const [, section = ''] = PAGE.split(`\n## ${name}\n`);
  const [, json] = /```json\n(.*?)```/s.exec(section.split('\n## ')[0] ?? '') ?? [];
  return JSON.parse(json ?? '{}');
}

function verifierOf(name: string, { discovery }: DocumentedIssuer) {
  const { issuer = '', audience = '', userIdClaim = 'sub', rolesClaim = 'cognito:groups' } = optionsOf(name);
  const props: TokenVerifierProps = { issuer, audience: [audience], jwksUri: '', userIdClaim, rolesClaim };
  const documents: Record<string, unknown> = {
    [`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`]: discovery,
  };
  const fetchKeys: typeof fetch = async (url) => {
    if (String(url) === discovery.jwks_uri) {
      return Response.json({
        keys: [{ ...(await exportJWK(keys.publicKey)), kid: KEY_ID, use: 'sig', kty: 'RSA' }],
      });
    }
    const document = documents[String(url)];
    return document === undefined ? new Response('', { status: 404 }) : Response.json(document);
  };
  return createTokenVerifier({ ...props, fetchKeys });
}

function sign(claims: JWTPayload): Promise<string> {
  const header = { alg: 'RS256', typ: 'JWT', kid: KEY_ID };
  return new SignJWT(claims)
    .setProtectedHeader(header)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(keys.privateKey);
}

describe.each(Object.entries(DOCUMENTED_ISSUERS))('the recipe of %s', (name, issuer) => {
  it('accepts its access token, with user and roles (IM-CONN-1, IM-ROLE)', async () => {
    const identity = await verifierOf(name, issuer).verify(await sign(issuer.claims));
    expect(identity).toMatchObject({ userId: issuer.userId, roles: ['agent'] });
  });

  it('refuses its token for another audience (IM-CONN-1)', async () => {
    const { aud, client_id, ...claims } = issuer.claims;
    const other = aud === undefined ? { client_id: 'other' } : { aud: 'other' };
    await expect(verifierOf(name, issuer).verify(await sign({ ...claims, ...other }))).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });
});

it('has a recipe for each documented issuer, and no other', () => {
  const headings = [...PAGE.matchAll(/\n## (.+)\n/g)].map(([, heading]) => heading);
  expect(headings).toEqual([...Object.keys(DOCUMENTED_ISSUERS), 'When it is refused']);
});
