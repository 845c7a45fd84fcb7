import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createMeter } from '../../../lambdas/domain/access/budget.ts';
import { BadFrameError, ConflictError, ImError, UnavailableError } from '../../../lambdas/shared/errors.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { createHttpHandler, type HttpEvent, type HttpRequest } from '../../../lambdas/transport/http.ts';
import { tokens } from '../../adapters/memory/tokens.ts';
import { createWorld } from '../../adapters/memory/world.ts';

const { accounts, meter, clock } = createWorld();
const OPTIONS = { tokens, allowedOrigins: ['https://chat.example'], accounts, meter, clock };

function event(overrides: object = {}, headers: object = {}): HttpEvent {
  return {
    routeKey: 'POST /echo',
    headers: { authorization: 'Bearer bob:agent', ...headers },
    ...overrides,
  } as unknown as HttpEvent;
}

/** What the answer is given. */
async function requestOf(request: HttpEvent, options: Parameters<typeof createHttpHandler>[0] = OPTIONS) {
  let seen: HttpRequest | undefined;
  const answer = async (given: HttpRequest) => {
    seen = given;
    return undefined;
  };
  const { statusCode } = await createHttpHandler(options, () => ({ 'POST /echo': { status: 204, answer } }))(
    request,
  );
  return { statusCode, request: seen };
}

const failing = (error: unknown, request = event()) =>
  createHttpHandler(OPTIONS, () => ({ 'POST /echo': { answer: () => Promise.reject(error) } }))(request);

describe('an HTTP request', () => {
  it('is answered as uncacheable JSON with 200', async () => {
    const handle = createHttpHandler(OPTIONS, () => ({ 'POST /echo': { answer: async () => ({ a: 1 }) } }));
    expect(await handle(event())).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: '{"a":1}',
    });
  });

  it("is answered with its route's status, and without a body if the route returns none", async () => {
    const answers = { 'POST /echo': { status: 204, answer: async () => undefined } } as const;
    expect(await createHttpHandler(OPTIONS, () => answers)(event())).toEqual({ statusCode: 204 });
  });

  it('is answered with the status of its error code if it is refused', async () => {
    const { statusCode, body } = await failing(new ConflictError('words'));
    expect(statusCode).toBe(409);
    expect(JSON.parse(body ?? '')).toEqual({ code: 'conflict', message: 'words', retryable: false });
  });

  it('is logged with its route if it fails, and not if it is refused (IM-REFUSE-11)', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    await failing(new Error('cut'), event({ body: 'secret' }));
    await failing(new ConflictError('words'));
    const described = expect.objectContaining({ name: 'Error', message: 'cut' });
    expect(error.mock.calls).toEqual([['request failed', { routeKey: 'POST /echo', error: described }]]);
  });

  it('fails if the route has no handler', async () => {
    expect(await failing(new ImError('conflict', 'words'), event({ routeKey: 'GET /other' }))).toMatchObject({
      statusCode: 500,
    });
  });

  it('that only reads begins no read, either, once this instance knows that the budget is used up (IM-BUDGET-1)', async () => {
    const limits = { spending: { perMinute: 600, burst: 3_000 } };
    const options = { ...OPTIONS, meter: createMeter({ accounts, limits, clock }) };
    const answer = vi.fn(async () => ({ a: 1 }));
    const handle = createHttpHandler(options, () => ({ 'GET /echo': { answer } }));
    options.meter.note('bob', clock() + 301_000);
    for (let n = 0; n < 3; n += 1)
      expect(await handle(event({ routeKey: 'GET /echo' }))).toMatchObject({ statusCode: 429 });
    expect(answer).not.toHaveBeenCalled();
  });

  it.each([
    [undefined, 204],
    ['https://chat.example', 204],
    ['https://other.example', 403],
  ])('has the origin %s and is answered with %i (IM-CONN-2)', async (origin, status) => {
    expect(await requestOf(event({}, { origin }))).toMatchObject({ statusCode: status });
  });

  it('is allowed from any origin if allowedOrigins is *', async () => {
    const request = event({}, { origin: 'https://other.example' });
    expect(await requestOf(request, { ...OPTIONS, allowedOrigins: ['*'] })).toMatchObject({
      statusCode: 204,
    });
  });

  it.each([undefined, 'Bearer bad', 'Basic bob', 'Bearer bob,Bearer bob', ''])(
    'is refused with a code and a challenge if its credential is %j (IM-CONN-2)',
    async (authorization) => {
      const { statusCode, headers, body } = await failing(new Error('reached'), event({}, { authorization }));
      expect([statusCode, headers?.['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(JSON.parse(body ?? '')).toMatchObject({ code: 'unauthorized', retryable: false });
    },
  );

  it('is unavailable, not refused, while the keys of the issuer cannot be read (IM-CONN-2)', async () => {
    const verify = () => Promise.reject(new UnavailableError());
    expect(await requestOf(event(), { ...OPTIONS, tokens: { verify } })).toMatchObject({ statusCode: 503 });
  });

  it('has the user and the roles of its token (IM-ROLE)', async () => {
    const { request } = await requestOf(event());
    expect(request).toMatchObject({ userId: 'bob', roles: { roles: ['agent'] }, query: {}, path: {} });
  });

  it('carries query, path, and body, plain or in base64', async () => {
    const parameters = { queryStringParameters: { limit: '5' }, pathParameters: { id: 'g:1' } };
    const { request } = await requestOf(event({ ...parameters, body: '{"a":1}' }));
    expect(request).toMatchObject({ query: { limit: '5' }, path: { id: 'g:1' } });
    expect(request?.body()).toEqual({ a: 1 });
    const body = Buffer.from('{"a":"é"}').toString('base64');
    expect((await requestOf(event({ body, isBase64Encoded: true }))).request?.body()).toEqual({ a: 'é' });
  });

  it('parses no body if there is none', async () => {
    const { request } = await requestOf(event());
    expect(() => request?.body()).toThrow(BadFrameError);
  });
});
