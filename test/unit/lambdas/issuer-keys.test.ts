import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTokenVerifier } from '../../../lambdas/adapters/token-verifier.ts';
import { logger } from '../../../lambdas/shared/logger.ts';

const ISSUER = 'https://login.example/realms/chat';
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;
const KEYS = 'https://keys.example/protocol/openid-connect/certs';
const MINUTE_MS = 60_000;

/** Signs with whatever key id, and is published by nobody. */
const STRAY = 'stray';
const keyPairs = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
beforeAll(async () => {
  for (const kid of ['old', 'new', STRAY])
    keyPairs.set(kid, await generateKeyPair('RS256', { extractable: true }));
});

let now: number;
let published: string[];
let requests: string[];
let documents: Record<string, unknown>;
let isUp: boolean;
beforeEach(() => {
  now = Date.now();
  published = ['old'];
  requests = [];
  documents = { [DISCOVERY]: { issuer: ISSUER, jwks_uri: KEYS } };
  isUp = true;
});

const fetchKeys = (async (input: string) => {
  requests.push(input);
  if (!isUp) throw new Error('ECONNREFUSED');
  const keys = published.map(async (kid) => ({ ...(await jwkOf(kid)), kid, use: 'sig' }));
  const document = input === KEYS ? { keys: await Promise.all(keys) } : documents[input];
  return document === undefined ? new Response('', { status: 404 }) : Response.json(document);
}) as typeof fetch;

async function jwkOf(kid: string) {
  const pair = keyPairs.get(kid);
  return pair && exportJWK(pair.publicKey);
}

const verifierOf = (overrides: Partial<Parameters<typeof createTokenVerifier>[0]> = {}) =>
  createTokenVerifier({
    issuer: ISSUER,
    audience: ['chat'],
    jwksUri: '',
    userIdClaim: 'sub',
    fetchKeys,
    clock: () => now,
    ...overrides,
  });

async function token(kid = 'old', claims: JWTPayload = {}) {
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  const pair = keyPairs.get(kid) ?? keyPairs.get(STRAY);
  if (pair === undefined) throw new Error('The keys are not made yet.');
  return new SignJWT({ iss: ISSUER, aud: 'chat', sub: 'alice', exp, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(pair.privateKey);
}

const isAlice = expect.objectContaining({ userId: 'alice' });
const unavailable = expect.objectContaining({ code: 'unavailable' });
const unauthorized = expect.objectContaining({ code: 'unauthorized' });

describe("an issuer's keys", () => {
  it('are read from the URL in the discovery document, once for many tokens (IM-CONN-1)', async () => {
    const verifier = verifierOf();
    await expect(verifier.verify(await token())).resolves.toEqual(isAlice);
    await verifier.verify(await token());
    expect(requests).toEqual([DISCOVERY, KEYS]);
  });

  it('are read from jwksUri, without discovery, if the option is set', async () => {
    await expect(verifierOf({ jwksUri: KEYS }).verify(await token())).resolves.toEqual(isAlice);
    expect(requests).toEqual([KEYS]);
  });

  it('are found for an issuer that ends in a slash, which its tokens name (Okta, Entra v1)', async () => {
    const issuer = `${ISSUER}/`;
    documents[DISCOVERY] = { issuer, jwks_uri: KEYS };
    await expect(verifierOf({ issuer }).verify(await token('old', { iss: issuer }))).resolves.toEqual(
      isAlice,
    );
  });

  it('may travel without TLS from a local issuer, which has no certificate', async () => {
    const issuer = 'http://127.0.0.1:3000/issuer';
    documents[`${issuer}/.well-known/openid-configuration`] = { issuer, jwks_uri: `${issuer}/keys` };
    documents[`${issuer}/keys`] = { keys: [{ ...(await jwkOf('old')), kid: 'old', use: 'sig' }] };
    const verified = verifierOf({ issuer }).verify(await token('old', { iss: issuer }));
    await expect(verified).resolves.toEqual(isAlice);
  });

  it.each([
    [
      'of another issuer',
      { issuer: 'https://login.example/{tenantid}', jwks_uri: KEYS },
      `${DISCOVERY} is of the issuer https://login.example/{tenantid}`,
    ],
    ['without keys', { issuer: ISSUER }, `${DISCOVERY} has no safe jwks_uri: set the option jwksUri`],
    [
      'with keys that travel without TLS',
      { issuer: ISSUER, jwks_uri: 'http://keys.example/certs' },
      `${DISCOVERY} has no safe jwks_uri: set the option jwksUri`,
    ],
    ['that is not an object', null, `${DISCOVERY} is of the issuer undefined`],
    ['that is not there', undefined, `${DISCOVERY} answered 404`],
  ])('are not read by a document %s, which the log explains (IM-CONN-2)', async (_, document, reason) => {
    documents[DISCOVERY] = document;
    const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    await expect(verifierOf().verify(await token())).rejects.toThrow(unavailable);
    const error = expect.objectContaining({ message: expect.stringContaining(reason) });
    expect(warn.mock.calls).toEqual([['issuer keys not read', { error }]]);
    expect(requests).toEqual([DISCOVERY]);
  });

  it('stay as they were when an answer has none', async () => {
    const verifier = verifierOf();
    await verifier.verify(await token());
    documents[DISCOVERY] = { issuer: ISSUER, jwks_uri: `${KEYS}/none` };
    documents[`${KEYS}/none`] = { error: 'maintenance' };
    now += 61 * MINUTE_MS;
    await expect(verifier.verify(await token())).resolves.toEqual(isAlice);
    await expect(verifier.verify(await token('new'))).rejects.toThrow(unavailable);
  });

  it('get three seconds in all, and a slow issuer makes the answer unavailable (IM-CONN-2)', async () => {
    const slow = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(slow.signal);
    const hangs = (async (input: string, init: RequestInit = {}) => {
      if (input === DISCOVERY) return fetchKeys(input);
      expect(init.signal).toBe(slow.signal);
      slow.abort(new DOMException('slow', 'TimeoutError'));
      throw slow.signal.reason;
    }) as typeof fetch;
    await expect(verifierOf({ fetchKeys: hangs }).verify(await token())).rejects.toThrow(unavailable);
    expect(timeout.mock.calls).toEqual([[3_000]]);
    timeout.mockRestore();
  });

  it('are read again for a key id that is new, since the issuer may have rotated them', async () => {
    const verifier = verifierOf();
    await verifier.verify(await token());
    published = ['old', 'new'];
    now += 10_000;
    await expect(verifier.verify(await token('new'))).resolves.toEqual(isAlice);
    await expect(verifier.verify(await token('old'))).resolves.toEqual(isAlice);
    expect(requests).toHaveLength(4);
  });

  it('are read at most every ten seconds for made-up key ids, which are refused (IM-REFUSE-1)', async () => {
    const verifier = verifierOf();
    await verifier.verify(await token());
    for (const kid of ['x', 'y', 'z'])
      await expect(verifier.verify(await token(kid))).rejects.toThrow(unauthorized);
    expect(requests).toHaveLength(2);
    now += 10_000;
    for (const kid of ['x', 'y', 'z'])
      await expect(verifier.verify(await token(kid))).rejects.toThrow(unauthorized);
    expect(requests).toHaveLength(4);
  });

  it("are not read again for another issuer's token (IM-REFUSE-1)", async () => {
    const verifier = verifierOf();
    await verifier.verify(await token());
    now += 10_000;
    const foreign = await token('x', { iss: 'https://other.example' });
    await expect(verifier.verify(foreign)).rejects.toThrow(unauthorized);
    expect(requests).toHaveLength(2);
  });

  it('are refused within an hour of their withdrawal (IM-REFUSE-1)', async () => {
    const verifier = verifierOf();
    await verifier.verify(await token());
    published = ['new'];
    now += 60 * MINUTE_MS - 1;
    await expect(verifier.verify(await token())).resolves.toEqual(isAlice);
    now += 1;
    await expect(verifier.verify(await token())).rejects.toThrow(unauthorized);
  });

  it('stay valid while the issuer is down, which is asked every ten seconds', async () => {
    const verifier = verifierOf();
    await verifier.verify(await token());
    isUp = false;
    now += 61 * MINUTE_MS;
    await expect(verifier.verify(await token())).resolves.toEqual(isAlice);
    await expect(verifier.verify(await token())).resolves.toEqual(isAlice);
    expect(requests).toEqual([DISCOVERY, KEYS, DISCOVERY]);
    await expect(verifier.verify(await token('new'))).rejects.toThrow(unavailable);
    expect(requests).toHaveLength(3);
    [isUp, published] = [true, ['new']];
    now += 10_000;
    await expect(verifier.verify(await token('new'))).resolves.toEqual(isAlice);
    await expect(verifier.verify(await token('forged'))).rejects.toThrow(unauthorized);
  });

  it('that were never read make the answer unavailable, without a request each time (IM-CONN-2)', async () => {
    isUp = false;
    const verifier = verifierOf();
    for (const _ of [1, 2, 3]) await expect(verifier.verify(await token())).rejects.toThrow(unavailable);
    expect(requests).toEqual([DISCOVERY]);
    isUp = true;
    now += 10_000;
    await expect(verifier.verify(await token())).resolves.toEqual(isAlice);
  });

  it('are read once for tokens that arrive together', async () => {
    const verifier = verifierOf();
    const tokens = [await token(), await token(), await token()];
    await Promise.all(tokens.map((each) => verifier.verify(each)));
    expect(requests).toEqual([DISCOVERY, KEYS]);
  });
});
