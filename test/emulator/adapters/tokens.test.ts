import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../../lambdas/adapters/token-verifier.ts';
import type { TokenVerifier } from '../../../lambdas/domain/model/token.ts';
import { tokens } from '../../adapters/memory/tokens.ts';

interface Tokens {
  readonly verifier: TokenVerifier;
  sign(userId: string, roles?: readonly string[]): Promise<string>;
  /** A token that somebody made who isn't the issuer. */
  forge(userId: string): Promise<string>;
}

const ISSUER = 'https://issuer.example';

const keyPairs = Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);

async function openIdConnect(): Promise<Tokens> {
  const [own, other] = await keyPairs;
  const keys = [{ ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }];
  const signWith =
    (key: CryptoKey) =>
    (userId: string, groups: readonly string[] = []) =>
      new SignJWT({ iss: ISSUER, aud: 'chat', sub: userId, groups })
        .setExpirationTime('10m')
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .sign(key);
  const verifier = createTokenVerifier({
    issuer: ISSUER,
    audience: ['chat'],
    jwksUri: `${ISSUER}/keys`,
    userIdClaim: 'sub',
    rolesClaim: 'groups',
    fetchKeys: async () => Response.json({ keys }),
  });
  return { verifier, sign: signWith(own.privateKey), forge: signWith(other.privateKey) };
}

async function inMemory(): Promise<Tokens> {
  return {
    verifier: tokens,
    sign: async (userId, roles = []) => [userId, ...roles].join(':'),
    forge: async (userId) => `bad-${userId}`,
  };
}

/** One suite for both implementations. `test/unit/lambdas/token-verifier.test.ts` has what only real tokens have. */
describe.each([
  ['in memory', inMemory],
  ['of an OpenID Connect issuer', openIdConnect],
])('the token verifier %s', (_, make) => {
  it('gives the user of a token, and an expiry in the future (IM-CONN-1)', async () => {
    const { verifier, sign } = await make();
    const identity = await verifier.verify(await sign('alice'));
    expect(identity).toMatchObject({ userId: 'alice', roles: [] });
    expect(identity.expiresAtMs).toBeGreaterThan(Date.now());
  });

  it('gives the roles that it knows (IM-ROLE)', async () => {
    const { verifier, sign } = await make();
    const identity = await verifier.verify(await sign('ann', ['rower', 'supervisor', 'agent']));
    expect(identity.roles.toSorted()).toEqual(['agent', 'supervisor']);
  });

  it.each(['', 'system', '..', 'a b', 'a/b'])(
    'refuses a token whose user id is "%s" (IM-CONN-2)',
    async (userId) => {
      const { verifier, sign } = await make();
      await expect(verifier.verify(await sign(userId))).rejects.toMatchObject({ code: 'unauthorized' });
    },
  );

  it('refuses a forged token, and a value that is no token (IM-REFUSE-1)', async () => {
    const { verifier, forge } = await make();
    for (const token of [await forge('alice'), '', 'bad'])
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
