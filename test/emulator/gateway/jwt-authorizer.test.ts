import { describe, expect, it } from 'vitest';
import type { FakeFunction } from './fake-functions.ts';
import { startGateway } from './gateway-fixture.ts';
import { startIssuer } from './test-issuer.ts';

async function startProtected(overrides: { identitySource?: string[]; issuerSuffix?: string } = {}) {
  const issuer = await startIssuer();
  const { identitySource = ['$request.header.Authorization'], issuerSuffix = '' } = overrides;
  const authorizer = {
    issuer: issuer.issuer + issuerSuffix,
    audience: ['im', 'other-client'],
    identitySource,
  };
  const me: FakeFunction = ({ requestContext }) => requestContext.authorizer;
  const fixture = await startGateway({
    httpApi: { routes: [{ method: 'GET', path: '/me', functionId: 'me', authorizer }] },
    functions: { me },
  });
  const now = fixture.clock.now() / 1000;
  return {
    ...fixture,
    issuer,
    claims: { iss: authorizer.issuer, sub: 'alice', aud: 'im', iat: now, exp: now + 60 },
    now,
    get: (token: string | undefined, prefix = 'Bearer ', query = '') =>
      fetch(`${fixture.httpUrl}/me${query}`, {
        headers: token === undefined ? {} : { authorization: prefix + token },
      }),
  };
}

describe('a valid token', () => {
  it('lets the request in, with all claims as strings and no scopes', async () => {
    const { issuer, claims, get, now } = await startProtected();
    const token = await issuer.sign({ ...claims, admin: true, groups: ['a', 'b'], nested: { x: 1 } });
    const response = await get(token);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      jwt: {
        claims: {
          iss: issuer.issuer,
          sub: 'alice',
          aud: 'im',
          iat: String(now),
          exp: String(now + 60),
          admin: 'true',
          groups: '[a b]',
          nested: '{"x":1}',
        },
        scopes: null,
      },
    });
  });

  it.each(['Bearer ', 'bearer ', ''])('may have the prefix "%s"', async (prefix) => {
    const { issuer, claims, get } = await startProtected();
    expect((await get(await issuer.sign(claims), prefix)).status).toBe(200);
  });

  it('may be in the query string if the identity source says so', async () => {
    const { issuer, claims, get } = await startProtected({ identitySource: ['$request.querystring.token'] });
    const token = await issuer.sign(claims);
    expect((await get(undefined, '', `?token=${token}`)).status).toBe(200);
    expect((await get(token)).status).toBe(401);
  });

  it('has one of the audiences in aud, or in client_id if it has no aud', async () => {
    const { issuer, claims, get } = await startProtected();
    const { aud: _aud, ...withoutAudience } = claims;
    const status = async (more: object) =>
      (await get(await issuer.sign({ ...withoutAudience, ...more }))).status;
    expect(await status({ aud: 'other-client' })).toBe(200);
    expect(await status({ aud: ['x', 'im'] })).toBe(200);
    expect(await status({ client_id: 'im' })).toBe(200);
    expect(await status({ client_id: 'x' })).toBe(401);
    expect(await status({ aud: 'x', client_id: 'im' })).toBe(401);
    expect(await status({})).toBe(401);
  });

  it('may have an issuer whose URL ends in a slash', async () => {
    const { issuer, claims, get } = await startProtected({ issuerSuffix: '/' });
    expect((await get(await issuer.sign(claims))).status).toBe(200);
  });
});

type Fixture = Awaited<ReturnType<typeof startProtected>>;

describe('a token is refused', () => {
  const forgeries: [string, string, (fixture: Fixture) => string | Promise<string>][] = [
    ['is unsigned', 'unsupported algorithm', ({ issuer, claims }) => issuer.unsigned(claims)],
    [
      'is signed by HMAC with the public key',
      'unsupported algorithm',
      ({ issuer, claims }) => issuer.signedWithPublicKey(claims),
    ],
    ['names no key', 'name a key', ({ issuer, claims }) => issuer.sign(claims, { kid: null })],
    ['names an unknown key', 'unknown key', ({ issuer, claims }) => issuer.sign(claims, { kid: 'x' })],
    [
      'was altered',
      'signature is invalid',
      async ({ issuer, claims }) => {
        const [header, , signature] = (await issuer.sign(claims)).split('.');
        const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url');
        return `${header}.${payload}.${signature}`;
      },
    ],
    ['has expired', 'has expired', ({ issuer, claims, now }) => issuer.sign({ ...claims, exp: now })],
    [
      'never expires',
      'invalid exp claim',
      ({ issuer, claims: { exp: _exp, ...others } }) => issuer.sign(others),
    ],
    [
      'is not valid yet',
      'invalid nbf',
      ({ issuer, claims, now }) => issuer.sign({ ...claims, nbf: now + 1 }),
    ],
    [
      'is from the future',
      'in the future',
      ({ issuer, claims, now }) => issuer.sign({ ...claims, iat: now + 1 }),
    ],
    [
      'is of another issuer',
      'invalid iss',
      ({ issuer, claims }) => issuer.sign({ ...claims, iss: 'http://x' }),
    ],
    [
      'is for another audience',
      'valid audience',
      ({ issuer, claims }) => issuer.sign({ ...claims, aud: 'x' }),
    ],
    ['is not a token', 'malformed', () => 'x.y.z'],
    ['is a single character', 'malformed', () => 'x'],
  ];
  it.each(forgeries)('if it %s', async (_case, reason, forge) => {
    const fixture = await startProtected();
    const response = await fixture.get(await forge(fixture));
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"message":"Unauthorized"}');
    const challenge = response.headers.get('www-authenticate');
    expect(challenge).toMatch(/^Bearer scope="" error="invalid_token" error_description=".+"$/);
    expect(challenge).toContain(reason);
    expect(fixture.invoker.calls('me')).toEqual([]);
  });

  it('if it expires while the clock runs', async () => {
    const { issuer, claims, get, clock } = await startProtected();
    const token = await issuer.sign(claims);
    clock.advance(59_999);
    expect((await get(token)).status).toBe(200);
    clock.advance(1);
    expect((await get(token)).status).toBe(401);
  });
});

describe('a request without a token', () => {
  it('is refused with a plain challenge', async () => {
    const { get } = await startProtected();
    const response = await get(undefined);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe("the issuer's keys", () => {
  it('are fetched once for many tokens', async () => {
    const { issuer, claims, get } = await startProtected();
    const token = await issuer.sign(claims);
    for (let n = 0; n < 3; n += 1) await get(token);
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/keys.json']);
  });

  it('are fetched again for an unknown key id', async () => {
    const { issuer, claims, get } = await startProtected();
    await get(await issuer.sign(claims));
    await issuer.rotate('second');
    expect((await get(await issuer.sign(claims))).status).toBe(200);
  });

  it('are fetched again for the next token after a failed fetch, which refuses the token', async () => {
    const { issuer, claims, get, warnings } = await startProtected();
    issuer.setUp(false);
    const token = await issuer.sign(claims);
    const refused = await get(token);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('OIDC discovery endpoint communication error');
    expect(warnings.join()).toContain(issuer.issuer);
    issuer.setUp(true);
    expect((await get(token)).status).toBe(200);
  });
});
