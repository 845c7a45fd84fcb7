import { createSecretKey } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../../lambdas/adapters/token-verifier.ts';

const ISSUER = 'https://issuer.example';
const claims = (overrides: JWTPayload = {}): JWTPayload => ({
  iss: ISSUER,
  aud: 'chat',
  sub: 'alice',
  exp: Math.floor(Date.now() / 1000) + 600,
  ...overrides,
});

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let jwks: string;
let fetched = 0;

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  jwks = JSON.stringify({
    keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', use: 'sig', alg: 'RS256' }],
  });
});

const serveKeys: typeof fetch = async () => {
  fetched += 1;
  return new Response(jwks);
};

const verifier = (overrides: Partial<Parameters<typeof createTokenVerifier>[0]> = {}) =>
  createTokenVerifier({
    issuer: ISSUER,
    audience: ['chat'],
    jwksUri: `${ISSUER}/jwks`,
    userIdClaim: 'sub',
    fetchKeys: serveKeys,
    ...overrides,
  });

const sign = (payload: JWTPayload, header: { alg?: string; kid?: string } = {}, key = keys.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key);

const unauthorized = expect.objectContaining({ code: 'unauthorized' });
const because = (message: string) => expect.objectContaining({ code: 'unauthorized', message });
const OF_NO_USER = 'The user id is not valid.';

describe('a token', () => {
  it('gives the user and the expiry, with the audience in aud or client_id (IM-CONN-1)', async () => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const identity = { userId: 'alice', expiresAtMs: exp * 1000, roles: [], isUnlimited: false };
    await expect(verifier().verify(await sign(claims({ exp })))).resolves.toEqual(identity);
    await expect(verifier().verify(await sign(claims({ exp, aud: ['other', 'chat'] })))).resolves.toEqual(
      identity,
    );
    const cognito = claims({ exp, client_id: 'chat' });
    delete cognito.aud;
    await expect(verifier().verify(await sign(cognito))).resolves.toEqual(identity);
  });

  it.each([
    ['service', true],
    ['agent service', true],
    [['service'], true],
    ['services', false],
    [['agent'], false],
    [[7, null], false],
    [{ service: true }, false],
  ])('with the roles %j has no budget: %s (IM-BUDGET-4)', async (roles, isUnlimited) => {
    const token = await sign(claims({ roles }));
    expect(await verifier({ rolesClaim: 'roles', unlimitedRoles: ['service'] }).verify(token)).toMatchObject({
      isUnlimited,
    });
    expect(await verifier({ unlimitedRoles: ['service'] }).verify(token)).toMatchObject({
      isUnlimited: false,
    });
  });

  it('expires at a whole millisecond, though its seconds may have any fraction (RFC 7519, IM-RENEW)', async () => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const token = await sign(claims({ exp: exp + 0.12345 }));
    await expect(verifier().verify(token)).resolves.toMatchObject({ expiresAtMs: exp * 1000 + 123 });
  });

  it('gives the roles of the configured claim, and the name (IM-ROLE)', async () => {
    const token = await sign(claims({ groups: ['rowers', 'agent'], name: 'Ann' }));
    const verified = verifier({ rolesClaim: 'groups' }).verify(token);
    await expect(verified).resolves.toMatchObject({ roles: ['agent'], name: 'Ann' });
    await expect(verifier({ rolesClaim: 'other' }).verify(token)).resolves.toMatchObject({ roles: [] });
  });

  it('gives the user of the configured claim', async () => {
    const byName = verifier({ userIdClaim: 'username' });
    await expect(byName.verify(await sign(claims({ username: 'al' })))).resolves.toMatchObject({
      userId: 'al',
    });
  });

  it('is accepted when issued now, by a clock five seconds ahead, and for access (IM-CONN-1)', async () => {
    const now = Math.floor(Date.now() / 1000);
    const clock = () => now * 1000;
    for (const more of [{ iat: now }, { iat: now + 5, nbf: now + 4 }, { token_use: 'access' }])
      await expect(verifier({ clock }).verify(await sign(claims(more)))).resolves.toMatchObject({
        userId: 'alice',
      });
    await expect(verifier({ clock }).verify(await sign(claims({ iat: now + 6 })))).rejects.toThrow(
      unauthorized,
    );
    await expect(verifier({ clock }).verify(await sign(claims({ exp: now })))).rejects.toThrow(unauthorized);
  });

  it.each([
    ['expired', { exp: Math.floor(Date.now() / 1000) - 1 }, 'The token has expired.'],
    ['expired long ago', { exp: 1 }, 'The token has expired.'],
    ['not yet valid', { nbf: Math.floor(Date.now() / 1000) + 600 }, 'The token is not valid yet.'],
    ['of another issuer', { iss: 'https://evil.example' }, 'The token is of another issuer.'],
    ['for another audience', { aud: 'shop' }, 'The token is for another audience.'],
    [
      'for another audience with the right client id',
      { aud: 'shop', client_id: 'chat' },
      'The token is for another audience.',
    ],
    ['without expiry', { exp: undefined }, 'The token has no expiry.'],
    ['without user', { sub: '' }, OF_NO_USER],
    ['issued in the future', { iat: Math.floor(Date.now() / 1000) + 60 }, 'The token is not valid yet.'],
    ['meant as an id token', { token_use: 'id' }, 'The token is not an access token.'],
    ['issued at a time that is no number', { iat: 'today' }, 'The token is not valid.'],
    ['with a number as the user id', { sub: 42 }, 'The token is not valid.'],
    ['with a colon in the user id', { sub: 'a:b' }, OF_NO_USER],
    ['with system as the user id', { sub: 'system' }, OF_NO_USER],
    ['with two dots as the user id', { sub: '..' }, OF_NO_USER],
  ])('is refused, and told why, when %s (IM-CONN-2, IM-CONN-7, IM-REFUSE-1)', async (_, wrong, why) => {
    const token = await sign(claims(wrong as JWTPayload));
    await expect(verifier().verify(token)).rejects.toThrow(because(why));
  });

  it('is refused when it names an extension that we do not know, as RFC 7515 requires (IM-REFUSE-1)', async () => {
    const header = { alg: 'RS256', kid: 'k1', crit: ['exp'], exp: 1 };
    const extended = new SignJWT(claims()).setProtectedHeader(header);
    const token = await extended.sign(keys.privateKey, { crit: { exp: true } });
    await expect(verifier().verify(token)).rejects.toThrow(unauthorized);
  });

  it('is refused when signed with another key, with RS512, or with an unknown key id (IM-REFUSE-1)', async () => {
    const other = await generateKeyPair('RS256');
    await expect(verifier().verify(await sign(claims(), {}, other.privateKey))).rejects.toThrow(unauthorized);
    const rs512 = await generateKeyPair('RS512', { extractable: true });
    const keysOf512 = JSON.stringify({
      keys: [{ ...(await exportJWK(rs512.publicKey)), kid: 'k1', use: 'sig' }],
    });
    const accepting512 = verifier({ fetchKeys: async () => new Response(keysOf512) });
    const signed512 = await sign(claims(), { alg: 'RS512' }, rs512.privateKey);
    await expect(accepting512.verify(signed512)).rejects.toThrow(unauthorized);
    const unknown = await sign(claims(), { kid: 'k2' });
    const one = verifier();
    const keyless = because('The issuer has no key with the id of the token.');
    await expect(one.verify(unknown)).rejects.toThrow(keyless);
    await expect(one.verify(unknown)).rejects.toThrow(keyless);
  });

  it('is refused without a signature and with the public key as HMAC secret (IM-REFUSE-1)', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${encode({ alg: 'none', kid: 'k1' })}.${encode(claims())}.`;
    await expect(verifier().verify(none)).rejects.toThrow(unauthorized);
    const secret = createSecretKey(Buffer.from(await exportSPKI(keys.publicKey)));
    const hs256 = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret);
    const why = because('The token is not signed by RS256 with a key id.');
    await expect(verifier().verify(hs256)).rejects.toThrow(why);
  });

  it.each(['', 'a', 'a.b.c', '...', 'x'.repeat(10_000)])(
    'is refused when malformed: %.20j (IM-CONN-2)',
    async (token) => {
      await expect(verifier().verify(token)).rejects.toThrow(unauthorized);
    },
  );

  it.each([
    ['the issuer is down', async () => Promise.reject(new Error('ECONNREFUSED'))],
    ['the issuer answers 500', async () => new Response('no', { status: 500 })],
    ['the issuer answers no keys', async () => new Response('<html>')],
  ])('fails as unavailable when %s (IM-CONN-2)', async (_, fetchKeys) => {
    const broken = verifier({ fetchKeys });
    await expect(broken.verify(await sign(claims()))).rejects.toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });

  it('is verified with keys that are fetched once', async () => {
    const one = verifier();
    const before = fetched;
    await one.verify(await sign(claims()));
    await one.verify(await sign(claims()));
    expect(fetched - before).toBe(1);
  });
});
