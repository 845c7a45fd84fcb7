import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { ACCOUNT_ID } from '../../../local/stack/identifiers.ts';
import { readCapture, shapeDifferences } from './event-shape.ts';
import type { FakeFunction } from './fake-functions.ts';
import { startGateway } from './gateway-fixture.ts';
import { startIssuer } from './test-issuer.ts';

const FORBIDDEN = { status: 403, body: { message: 'Forbidden' } };
const USER_ARN = `arn:aws:iam::${ACCOUNT_ID}:user/local`;

interface Signing {
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly service?: string;
  readonly region?: string;
  readonly headers?: Record<string, string>;
  readonly applyChecksum?: boolean;
  readonly at?: number;
}

async function startProtected() {
  const me: FakeFunction = ({ requestContext }) => requestContext.authorizer;
  const fixture = await startGateway({
    httpApi: {
      routes: ['PUT /users/{id}/ban', 'PUT /users'].map((key) => {
        const [method = '', path = ''] = key.split(' ');
        return { method, path, functionId: 'me', requiresIam: true };
      }),
    },
    functions: { me },
  });
  const { host } = new URL(fixture.httpUrl);
  const sign = async (body: string, options: Signing = {}): Promise<Record<string, string>> => {
    const { path = '/users', query = {}, accessKeyId = 'local', secretAccessKey = 'local' } = options;
    const { sessionToken, service = 'execute-api', region = 'us-east-1', applyChecksum = true } = options;
    const signer = new SignatureV4({
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      service,
      region,
      applyChecksum,
      sha256: Sha256Node,
    });
    const headers = { host, 'content-type': 'application/json', ...options.headers };
    const request = new HttpRequest({ method: 'PUT', path, query, headers, body });
    const signingDate = new Date(options.at ?? fixture.clock.now());
    return (await signer.sign(request, { signingDate })).headers;
  };
  const put = async (path: string, { host: _host, ...headers }: Record<string, string>, body: string) => {
    const response = await fetch(fixture.httpUrl + path, { method: 'PUT', headers, body });
    return { status: response.status, body: await response.json() };
  };
  return { ...fixture, sign, put };
}

describe('a signed request', () => {
  it('reaches the function, which learns who signed it, in the shape captured on AWS', async () => {
    const { sign, put, invoker } = await startProtected();
    const answer = await put('/users', await sign('{"a":1}'), '{"a":1}');
    expect(answer).toMatchObject({ status: 200, body: { iam: { userArn: USER_ARN, accessKey: 'local' } } });
    expect(
      shapeDifferences(invoker.calls('me')[0], readCapture('http-iam'), {
        stageVariables: 'the API has none, and AWS leaves the field out then',
        cookies: 'the request has none',
        queryStringParameters: 'the request has none',
        pathParameters: 'the route has none',
        'requestContext.authentication': 'client certificates need mutual TLS',
        'requestContext.authorizer.iam.cognitoIdentity': 'null for a caller who comes by no identity pool',
        'requestContext.authorizer.iam.principalOrgId': 'null for an account in no organization',
      }),
    ).toEqual([]);
  });

  it('may have an encoded path, a query, and no header with the hash of the body', async () => {
    const { sign, put } = await startProtected();
    const path = '/users/a%40b%7Cc/ban';
    const query = { b: ['2', '1'], a: 'x y' };
    expect(await put(`${path}?b=2&b=1&a=x%20y`, await sign('{}', { path, query }), '{}')).toMatchObject({
      status: 200,
    });
    expect(await put('/users', await sign('{}', { applyChecksum: false }), '{}')).toMatchObject({
      status: 200,
    });
  });

  it('is good for five minutes, by the clock of the gateway', async () => {
    const { sign, put, clock } = await startProtected();
    const headers = await sign('{}');
    clock.advance(300_000);
    expect((await put('/users', headers, '{}')).status).toBe(200);
    clock.advance(1);
    expect(await put('/users', headers, '{}')).toEqual(FORBIDDEN);
  });
});

describe('a request is refused', () => {
  const cases: readonly [string, Signing][] = [
    ['has a wrong secret', { secretAccessKey: 'other' }],
    ['has an unknown access key', { accessKeyId: 'AKIAOTHER' }],
    ['has a session token, which no key of this machine has', { sessionToken: 'token' }],
    ['is for another service', { service: 'lambda' }],
    ['is for another region', { region: 'eu-west-1' }],
    ['is for another path', { path: '/users/bob/ban' }],
    ['is for another query', { query: { a: '1' } }],
    ['is for another host', { headers: { host: 'other.example.com' } }],
    [
      'comes from a web page, which knows the key as anybody does',
      { headers: { origin: 'https://evil.example' } },
    ],
    ['says that its body is not signed', { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }],
  ];
  it.each(cases)('if it %s', async (_case, options) => {
    const { sign, put, invoker } = await startProtected();
    expect(await put('/users', await sign('{}', options), '{}')).toEqual(FORBIDDEN);
    expect(invoker.calls('me')).toEqual([]);
  });

  it.each([
    ['past', -300_001],
    ['future', 301_000],
  ])('if its date is more than five minutes in the %s', async (_case, offset) => {
    const { sign, put, clock } = await startProtected();
    expect(await put('/users', await sign('{}', { at: clock.now() + offset }), '{}')).toEqual(FORBIDDEN);
  });

  it.each([true, false])('if its body was changed, with a header of its hash: %s', async (applyChecksum) => {
    const { sign, put } = await startProtected();
    expect(await put('/users', await sign('{}', { applyChecksum }), '{"a":1}')).toEqual(FORBIDDEN);
  });

  it('if it has a header of AWS that is not signed', async () => {
    const { sign, put } = await startProtected();
    const headers = { ...(await sign('{}')), 'x-amz-target': 'other' };
    expect(await put('/users', headers, '{}')).toEqual(FORBIDDEN);
  });

  it('if its signature leaves out the host', async () => {
    const { sign, put } = await startProtected();
    const headers = await sign('{}');
    const authorization = headers['authorization']?.replace(';host;', ';') ?? '';
    expect(await put('/users', { ...headers, authorization }, '{}')).toEqual(FORBIDDEN);
  });

  it.each(['', 'AWS4-HMAC-SHA256 x', 'Basic bG9jYWw6bG9jYWw='])(
    'if it has no signature, but "%s"',
    async (authorization) => {
      const { put, invoker } = await startProtected();
      expect(await put('/users', authorization === '' ? {} : { authorization }, '{}')).toEqual(FORBIDDEN);
      expect(invoker.calls('me')).toEqual([]);
    },
  );

  it("if it has a user's token", async () => {
    const { issuer, sign } = await startIssuer();
    const { put, clock, invoker } = await startProtected();
    const now = clock.now() / 1000;
    const token = await sign({ iss: issuer, sub: 'alice', aud: 'im', iat: now, exp: now + 60 });
    expect(await put('/users', { authorization: `Bearer ${token}` }, '{}')).toEqual(FORBIDDEN);
    expect(invoker.calls('me')).toEqual([]);
  });
});
