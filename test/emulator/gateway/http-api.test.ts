import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { HttpRouteModel } from '../../../local/model.ts';
import { readCapture, shapeDifferences } from './event-shape.ts';
import type { FakeEvent, FakeFunction } from './fake-functions.ts';
import { startGateway } from './gateway-fixture.ts';
import { startIssuer } from './test-issuer.ts';

const ok = () => ({ statusCode: 200 });

function httpRoute(key: string, overrides: Partial<HttpRouteModel> = {}): HttpRouteModel {
  const [method = '', path = ''] = key.split(' ');
  return { method, path, functionId: key, ...overrides };
}

/** The path `/x`, whose function is `f`. */
async function startOneFunction(f: FakeFunction = ok, limits = {}) {
  const fixture = await startGateway({
    limits,
    httpApi: { routes: ['GET /x', 'POST /x'].map((key) => httpRoute(key, { functionId: 'f' })) },
    functions: { f },
  });
  const event = async (path: string, init?: RequestInit): Promise<FakeEvent> => {
    await fetch(fixture.httpUrl + path, init);
    return fixture.invoker.call('f', fixture.invoker.calls('f').length);
  };
  return { ...fixture, event };
}

it('a request that offers another protocol than WebSocket is served without it', async () => {
  const { httpUrl } = await startOneFunction();
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' };
  const [answer] = await once(httpRequest(`${httpUrl}/x`, { headers }).end(), 'response');
  answer.resume();
  expect(answer.statusCode).toBe(200);
});

describe('payload 2.0', () => {
  it('has the shape of an event captured on AWS', async () => {
    const { issuer, sign } = await startIssuer();
    const authorizer = { issuer, audience: ['im'], identitySource: ['$request.header.Authorization'] };
    const { httpUrl, invoker, clock } = await startGateway({
      httpApi: { routes: [httpRoute('POST /my/{name}', { functionId: 'f', authorizer })] },
      functions: { f: ok },
    });
    const exp = clock.now() / 1000 + 60;
    const token = await sign({ iss: issuer, aud: 'im', exp });
    await fetch(`${httpUrl}/my/path?parameter1=value1&parameter1=value2&parameter2=value`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        cookie: 'cookie1; cookie2',
        'content-type': 'application/json',
        'user-agent': 'agent',
      },
      body: '{\r\n\t"a": 1\r\n}',
    });
    const event = await invoker.call('f');
    expect(
      shapeDifferences(event, readCapture('http-jwt'), {
        stageVariables: 'the API has none, and AWS leaves the field out then',
        'requestContext.authentication': 'client certificates need mutual TLS',
        'requestContext.authorizer.jwt.scopes':
          'null on routes that demand none: captured in DefinitelyTyped#75458',
      }),
    ).toEqual([]);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /my/{name}',
      rawPath: '/my/path',
      rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
      cookies: ['cookie1', 'cookie2'],
      queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
      pathParameters: { name: 'path' },
      body: '{\r\n\t"a": 1\r\n}',
      isBase64Encoded: false,
      requestContext: {
        time: '09/Feb/2024:18:23:28 +0000',
        timeEpoch: clock.now(),
        http: { method: 'POST', path: '/my/path', protocol: 'HTTP/1.1', userAgent: 'agent' },
        authorizer: { jwt: { claims: { iss: issuer, aud: 'im', exp: String(exp) } } },
      },
    });
    expect(event.headers).not.toHaveProperty('cookie');
  });

  it('omits fields that the request does not have', async () => {
    const { event } = await startOneFunction();
    const bare = await event('/x');
    const optional = ['cookies', 'queryStringParameters', 'body', 'stageVariables'];
    for (const field of optional) expect(bare).not.toHaveProperty(field);
    expect(bare).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
    expect(bare.requestContext).not.toHaveProperty('authorizer');
  });

  it('decodes the path, its parameters, and the query, but not the raw query string', async () => {
    const { httpUrl, invoker } = await startGateway({
      httpApi: { routes: [httpRoute('GET /conversations/{conversationId}/messages')] },
    });
    await fetch(`${httpUrl}/conversations/dm%3Aalice%3Abob%40x/messages?a=%C3%BC+1&b=%2C`);
    const [event] = invoker.calls('GET /conversations/{conversationId}/messages');
    expect(event).toMatchObject({
      rawPath: '/conversations/dm:alice:bob@x/messages',
      pathParameters: { conversationId: 'dm:alice:bob@x' },
      rawQueryString: 'a=%C3%BC+1&b=%2C',
      queryStringParameters: { a: 'ü 1', b: ',' },
    });
  });

  it('has header names in lower case and joins repeated ones by commas', async () => {
    const { httpUrl, invoker } = await startOneFunction();
    const request = httpRequest(`${httpUrl}/x`, { headers: { 'X-Mine': ['a', 'b'], 'X-Other': 'C' } });
    const responded = once(request.end(), 'response');
    const { headers } = await invoker.call('f');
    await responded;
    request.destroy();
    expect(headers).toMatchObject({ 'x-mine': 'a,b', 'x-other': 'C', 'x-forwarded-for': '127.0.0.1' });
    expect(headers).not.toHaveProperty('connection');
  });

  it.each([
    ['text/plain; charset=utf-8', false],
    ['application/json', false],
    ['application/xml', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    ['image/png', true],
  ])('has a body of type %s in base64: %s', async (contentType, isBase64Encoded) => {
    const { event } = await startOneFunction();
    const sent = await event('/x', { method: 'POST', body: 'ü', headers: { 'content-type': contentType } });
    expect(sent['isBase64Encoded']).toBe(isBase64Encoded);
    expect(sent.body).toBe(isBase64Encoded ? Buffer.from('ü').toString('base64') : 'ü');
  });
});

describe('an HTTP API', () => {
  const keys = [
    'GET /groups/{groupId}',
    'PATCH /groups/{groupId}',
    'GET /groups/mine',
    'GET /groups/{groupId}/members/{userId}',
  ];
  it.each([
    ['GET', '/groups/mine', 'GET /groups/mine', {}],
    ['GET', '/groups/g:1', 'GET /groups/{groupId}', { groupId: 'g:1' }],
    ['PATCH', '/groups/mine', 'PATCH /groups/{groupId}', { groupId: 'mine' }],
    ['GET', '/groups/a/members/b', 'GET /groups/{groupId}/members/{userId}', { groupId: 'a', userId: 'b' }],
    [
      'GET',
      '/groups/a%2Fmembers%2Fb',
      'GET /groups/{groupId}/members/{userId}',
      { groupId: 'a', userId: 'b' },
    ],
  ])('routes %s %s to %s', async (method, path, routeKey, pathParameters) => {
    const { httpUrl, invoker } = await startGateway({
      httpApi: { routes: keys.map((key) => httpRoute(key)) },
    });
    await fetch(httpUrl + path, { method });
    const [event] = invoker.calls(routeKey);
    expect(event?.['routeKey']).toBe(routeKey);
    expect(event?.['pathParameters'] ?? {}).toEqual(pathParameters);
  });

  it.each([
    ['GET', '/nowhere', 404, 'Not Found'],
    ['POST', '/groups', 404, 'Not Found'],
    ['GET', '/groups/', 404, 'Not Found'],
    ['GET', '/groups/%E0%A4%A', 400, 'Bad Request'],
  ])('finds no route for %s %s and answers %i', async (method, path, status, message) => {
    const routes = [httpRoute('GET /groups'), httpRoute('GET /groups/{groupId}')];
    const { httpUrl } = await startGateway({ httpApi: { routes } });
    const response = await fetch(httpUrl + path, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(`{"message":"${message}"}`);
  });

  it('serves routes below the name of its stage, which stays in the path', async () => {
    const { httpUrl, invoker } = await startGateway({
      httpApi: { stage: 'beta', routes: [httpRoute('GET /me')] },
    });
    expect((await fetch(`${httpUrl}/me`)).status).toBe(404);
    await fetch(`${httpUrl}/beta/me`);
    expect(invoker.calls('GET /me')[0]).toMatchObject({ rawPath: '/beta/me' });
  });
});

describe('a response', () => {
  it("has the status, headers, and body of the function's result", async () => {
    const { httpUrl } = await startOneFunction(() => ({
      statusCode: 201,
      headers: { 'X-Mine': 'a', 'Content-Type': 'application/json', 'X-Count': 3, 'Content-Length': '999' },
      body: '{"ü":1}',
    }));
    const response = await fetch(`${httpUrl}/x`);
    expect(response.status).toBe(201);
    expect(response.headers.get('x-mine')).toBe('a');
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('apigw-requestid')).toMatch(/^[\w-]{15}=$/);
    expect(await response.text()).toBe('{"ü":1}');
  });

  it('has the bytes of a base64 body', async () => {
    const body = Buffer.from([0, 255, 1]).toString('base64');
    const { httpUrl } = await startOneFunction(() => ({ statusCode: 200, body, isBase64Encoded: true }));
    const bytes = await (await fetch(`${httpUrl}/x`)).bytes();
    expect([...bytes]).toEqual([0, 255, 1]);
  });

  it.each([
    [{ hello: 'you' }, '{"hello":"you"}'],
    ['plain', 'plain'],
    [[1, 2], '[1,2]'],
    [null, 'null'],
  ])('is 200 and JSON for a result without a status: %j', async (result, text) => {
    const { httpUrl } = await startOneFunction(() => result);
    const response = await fetch(`${httpUrl}/x`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(text);
  });

  const failures: [string, FakeFunction][] = [
    ['throws', () => Promise.reject(new Error('secret'))],
    ['returns no valid status', () => ({ statusCode: 'many' })],
    ['returns an object as body', () => ({ statusCode: 200, body: {} })],
    ['returns an object as header', () => ({ statusCode: 200, headers: { a: {} } })],
  ];
  it.each(failures)('is 500 if the function %s', async (_case, f) => {
    const { httpUrl, warnings } = await startOneFunction(f);
    const response = await fetch(`${httpUrl}/x`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
    expect(warnings).toHaveLength(1);
  });

  it('is 503 if Lambda throttles the function', async () => {
    const throttled = Object.assign(new Error('Rate Exceeded.'), { name: 'TooManyRequestsException' });
    const { httpUrl } = await startOneFunction(() => Promise.reject(throttled));
    expect((await fetch(`${httpUrl}/x`)).status).toBe(503);
  });

  it('is 503 if the function takes longer than 30 s', async () => {
    const { httpUrl, invoker, clock } = await startOneFunction(() => new Promise(() => {}));
    const response = fetch(`${httpUrl}/x`);
    await invoker.call('f');
    clock.advance(30_000);
    expect((await response).status).toBe(503);
    expect(await (await response).text()).toBe('{"message":"Service Unavailable"}');
  });

  it('is 413, without a function call, if the request body exceeds 10 MB', async () => {
    const { httpUrl, invoker } = await startOneFunction();
    const post = (size: number) => fetch(`${httpUrl}/x`, { method: 'POST', body: Buffer.alloc(size) });
    const response = await post(10 * 1024 * 1024 + 1);
    expect(response.status).toBe(413);
    expect(await response.text()).toBe('{"message":"Request Entity Too Large"}');
    expect(invoker.calls('f')).toEqual([]);
    expect((await post(10 * 1024 * 1024)).status).toBe(200);
  });
});
