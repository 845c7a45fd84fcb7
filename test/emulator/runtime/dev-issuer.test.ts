import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { DevIssuer } from '../../../local/dev-issuer.ts';
import { closeServer, listenOn } from '../../../local/listening.ts';
import { temporaryFolder } from './bundle.ts';

async function serve(keyFile?: string) {
  const issuer = await DevIssuer.create({ audience: 'im', ...(keyFile && { keyFile }) });
  const server = createServer((request, response) => {
    void issuer.route(request, response).then((isServed) => {
      if (!isServed) response.writeHead(404).end('not the issuer');
    });
  });
  const url = `http://127.0.0.1:${await listenOn(server, 0)}`;
  onTestFinished(() => closeServer(server));
  issuer.serveAt(url);
  const ask = (body: string) =>
    fetch(`${url}/token`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return { issuer, url, ask };
}

test('the dev issuer gives a token that its discovered keys verify', async () => {
  const { url, ask } = await serve();
  const response = await ask(JSON.stringify({ userId: 'alice', expiresInSeconds: 60 }));
  expect(response.status).toBe(200);
  const { token } = await response.json();
  const discovery = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
  expect(discovery).toMatchObject({ issuer: url, jwks_uri: `${url}/dev-issuer/keys` });
  const { payload, protectedHeader } = await jwtVerify(
    token,
    createRemoteJWKSet(new URL(discovery.jwks_uri)),
    { issuer: url, audience: 'im' },
  );
  expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
  expect(payload.sub).toBe('alice');
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
});

test('the dev issuer publishes no private part of its key', async () => {
  const { url } = await serve();
  const { keys } = await (await fetch(`${url}/dev-issuer/keys`)).json();
  expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

test('the dev issuer keeps its key, so tokens stay valid after a restart', async () => {
  const keyFile = join(temporaryFolder(), 'key.pem');
  const first = await serve(keyFile);
  const token = await first.issuer.token('alice');
  const second = await serve(keyFile);
  const keys = createRemoteJWKSet(new URL(`${second.url}/dev-issuer/keys`));
  expect((await jwtVerify(token, keys)).payload.sub).toBe('alice');
});

test('the dev issuer makes tokens for tests that are expired or have other claims', async () => {
  const { issuer } = await serve();
  const token = await issuer.token('alice', {
    expiresInSeconds: -10,
    claims: { aud: 'other', roles: ['agent'] },
  });
  const payload = decodeJwt(token);
  expect(payload.exp).toBeLessThan(Date.now() / 1000);
  expect(payload).toMatchObject({ aud: 'other', roles: ['agent'] });
  expect(decodeProtectedHeader(token).alg).toBe('RS256');
});

test.each([
  ['no JSON', 'alice'],
  ['no userId', '{}'],
  ['an empty userId', '{"userId":""}'],
  ['a userId that is not a string', '{"userId":7}'],
  ['a userId that is too long', JSON.stringify({ userId: 'x'.repeat(65) })],
  ['a userId with a space', '{"userId":"a b"}'],
  ['the userId of the system', '{"userId":"system"}'],
  ['a lifetime of zero', '{"userId":"a","expiresInSeconds":0}'],
  ['a fractional lifetime', '{"userId":"a","expiresInSeconds":1.5}'],
  ['a lifetime beyond a year', '{"userId":"a","expiresInSeconds":31536001}'],
])('the dev issuer answers 400 with one line to %s', async (_, body) => {
  const { ask } = await serve();
  const response = await ask(body);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ message: expect.stringMatching(/^.+$/) });
});

test.each(['alice', '', '[]', '{}', '{"user":"alice"}'])(
  'the dev issuer says what to send to who sends %j',
  async (body) => {
    const { ask } = await serve();
    expect(await (await ask(body)).json()).toEqual({ message: 'Send JSON: {"userId":"alice"}.' });
  },
);

test('the dev issuer refuses a large body and another method, and passes on other paths', async () => {
  const { url, ask } = await serve();
  expect((await ask(' '.repeat(5000))).status).toBe(413);
  expect((await fetch(`${url}/token`)).status).toBe(405);
  expect((await fetch(`${url}/token`, { method: 'OPTIONS' })).status).toBe(204);
  expect(await (await fetch(`${url}/tokens`)).text()).toBe('not the issuer');
});

const PAGE = 'http://127.0.0.1:8788';

/** `fetch` would not let us choose these headers. */
function send(url: string, headers: Record<string, string>, method = 'POST') {
  return new Promise<{ status: number | undefined; allowed: unknown; body: string }>((resolve, reject) => {
    const asked = request(`${url}/token`, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part) => {
        body += part;
      });
      const allowed = response.headers['access-control-allow-origin'];
      response.on('end', () => resolve({ status: response.statusCode, allowed, body }));
    });
    asked.on('error', reject).end(method === 'POST' ? '{"userId":"alice"}' : undefined);
  });
}

test('the dev issuer gives tokens to its own page, and to programs, which send no origin', async () => {
  const { issuer, url } = await serve();
  issuer.trust([PAGE]);
  expect(await send(url, { origin: PAGE })).toMatchObject({ status: 200, allowed: PAGE });
  expect(await send(url, { origin: PAGE }, 'OPTIONS')).toMatchObject({ status: 204, allowed: PAGE });
  expect(await send(url, {})).toMatchObject({ status: 200, allowed: undefined });
  expect(await send(url, { host: 'localhost:8787' })).toMatchObject({ status: 200 });
});

test.each([
  ['a page of another site', { origin: 'https://evil.example' }],
  ['a page on another port of this machine', { origin: 'http://127.0.0.1:9999' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['a name that leads to this machine by DNS rebinding', { host: 'evil.example:8787' }],
  ['such a name as the own origin', { host: 'evil.example:8787', origin: 'http://evil.example:8787' }],
  ['a name that begins like this machine', { host: '127.0.0.1.evil.example' }],
])('the dev issuer refuses %s', async (_, headers) => {
  const { issuer, url } = await serve();
  issuer.trust([PAGE]);
  for (const method of ['POST', 'OPTIONS', 'GET']) {
    const { status, allowed, body } = await send(url, headers, method);
    expect([status, allowed]).toEqual([403, undefined]);
    expect(body).not.toContain('eyJ');
  }
});
