import { describe, expect, it } from 'vitest';
import type { CorsModel } from '../../../local/model.ts';
import { startGateway } from './gateway-fixture.ts';

const GOOD = 'https://chat.example';
const BAD = 'https://evil.example';

async function startWithCors(overrides: Partial<CorsModel> = {}) {
  const cors: CorsModel = {
    allowOrigins: [GOOD],
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['authorization', 'content-type'],
    maxAgeSeconds: 600,
    ...overrides,
  };
  const { httpUrl, invoker } = await startGateway({
    httpApi: { cors, routes: [{ method: 'GET', path: '/x', functionId: 'f' }] },
    functions: {
      f: () => ({
        statusCode: 200,
        headers: {
          'Access-Control-Allow-Origin': BAD,
          'Access-Control-Allow-Methods': 'DELETE',
          'x-mine': '1',
        },
        body: 'ok',
      }),
    },
  });
  const send = async (method: string, headers: Record<string, string>, path = '/x') => {
    const response = await fetch(httpUrl + path, { method, headers });
    const entries = [...response.headers].filter(([name]) => name.startsWith('access-control-'));
    return { status: response.status, body: await response.text(), cors: Object.fromEntries(entries) };
  };
  return { send, invoker };
}

const asks = { 'access-control-request-method': 'POST' };

describe('an OPTIONS request', () => {
  it('is answered for an allowed origin without a function call', async () => {
    const { send, invoker } = await startWithCors();
    expect(await send('OPTIONS', { origin: GOOD, ...asks })).toEqual({
      status: 204,
      body: '',
      cors: {
        'access-control-allow-origin': GOOD,
        'access-control-allow-methods': 'GET,POST',
        'access-control-allow-headers': 'authorization,content-type',
        'access-control-max-age': '600',
      },
    });
    expect(invoker.calls('f')).toEqual([]);
  });

  it.each([
    ['another origin', { origin: BAD, ...asks }],
    ['no origin', asks],
    ['an origin but no requested method', { origin: GOOD }],
  ])('gets no CORS headers with %s', async (_case, headers) => {
    const { send } = await startWithCors();
    expect(await send('OPTIONS', headers as Record<string, string>)).toEqual({
      status: 204,
      body: '',
      cors: {},
    });
  });
});

describe('any other request', () => {
  it('gets the API’s CORS headers, not the function’s, if its origin is allowed', async () => {
    const { send } = await startWithCors();
    expect(await send('GET', { origin: GOOD })).toEqual({
      status: 200,
      body: 'ok',
      cors: { 'access-control-allow-origin': GOOD },
    });
  });

  it.each([{ origin: BAD }, {}])('gets no CORS headers if it has only the headers %j', async (headers) => {
    const { send } = await startWithCors();
    expect(await send('GET', headers as Record<string, string>)).toMatchObject({ status: 200, cors: {} });
  });

  it('gets CORS headers with the gateway’s own errors too, so that a page can read them', async () => {
    const { send } = await startWithCors();
    const { status, cors } = await send('GET', { origin: GOOD }, '/');
    expect(status).toBe(404);
    expect(cors['access-control-allow-origin']).toBe(GOOD);
  });
});

describe('allowed origins', () => {
  it('may include all', async () => {
    const { send } = await startWithCors({ allowOrigins: ['*'] });
    expect((await send('GET', { origin: BAD })).cors['access-control-allow-origin']).toBe('*');
  });

  it('may be given by scheme', async () => {
    const { send } = await startWithCors({ allowOrigins: ['https://*'] });
    expect((await send('GET', { origin: BAD })).cors).toEqual({ 'access-control-allow-origin': BAD });
    expect((await send('GET', { origin: 'http://evil.example' })).cors).toEqual({});
  });

  it('match as a whole', async () => {
    const { send } = await startWithCors();
    for (const origin of [`${GOOD}.evil.example`, 'http://chat.example', 'null']) {
      expect((await send('GET', { origin })).cors).toEqual({});
    }
  });
});

describe('an API without CORS', () => {
  it('passes OPTIONS on and leaves the function’s headers alone', async () => {
    const { httpUrl } = await startGateway({
      httpApi: { routes: [{ method: 'OPTIONS', path: '/x', functionId: 'f' }] },
      functions: { f: () => ({ statusCode: 200, headers: { 'access-control-allow-origin': BAD } }) },
    });
    const response = await fetch(`${httpUrl}/x`, { method: 'OPTIONS', headers: { origin: GOOD, ...asks } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(BAD);
  });
});
