import { describe, expect, it } from 'vitest';
import { route, startGateway } from './gateway-fixture.ts';

const gatewayFrame = (message: string, connectionId: unknown) =>
  new RegExp(`^\\{"message": "${message}", "connectionId":"${connectionId}", "requestId":"[\\w-]{15}="\\}$`);

describe("the gateway's route selection", () => {
  it.each([
    ['{"action":"echo"}', 'echo'],
    ['{"action":"unknown"}', '$default'],
    ['{"action":"$connect"}', '$default'],
    ['{"action":"$disconnect"}', '$default'],
    ['{"action":"$default"}', '$default'],
    ['{"action":7}', '$default'],
    ['{"action":null}', '$default'],
    ['{"action":["echo"]}', '$default'],
    ['{"action":"toString"}', '$default'],
    ['{}', '$default'],
    ['["echo"]', '$default'],
    ['"echo"', '$default'],
    ['heartbeat', '$default'],
    ['', '$default'],
  ])('sends the frame %s to the route %s', async (frame, routeKey) => {
    const answer = () => ({ statusCode: 200, body: 'answered' });
    const { client, invoker } = await startGateway({ functions: { echo: answer, $default: answer } });
    const opened = await client().opened();
    opened.send(frame);
    expect(await opened.next()).toBe('answered');
    const event = invoker.calls(routeKey)[0];
    expect(event?.body).toBe(frame);
    expect(event?.requestContext.routeKey).toBe(routeKey);
  });

  it('answers Forbidden without a match or $default, and leaves the socket open', async () => {
    const { client, gateway } = await startGateway({ webSocketApi: { routes: [route('$connect')] } });
    const opened = await client().opened();
    const connectionId = gateway.connections()[0]?.connectionId;
    for (const frame of ['{"action":"echo"}', 'x']) {
      opened.send(frame);
      expect(await opened.next()).toMatch(gatewayFrame('Forbidden', connectionId));
    }
  });

  it('refuses an API whose selection expression it cannot evaluate', async () => {
    const webSocketApi = { routeSelectionExpression: '$request.header.x' };
    await expect(startGateway({ webSocketApi })).rejects.toThrow('$request.header.x');
  });
});

describe('a route response', () => {
  it('is the body, if the route has responses', async () => {
    const { client } = await startGateway({
      functions: { echo: ({ body }) => ({ statusCode: 200, body: `re: ${body}` }) },
    });
    const opened = await client().opened();
    opened.send('{"action":"echo"}');
    expect(await opened.next()).toBe('re: {"action":"echo"}');
  });

  it('is not sent without a body, or if the route has none', async () => {
    const { client, invoker } = await startGateway({
      functions: {
        silent: () => ({ statusCode: 200, body: 'lost' }),
        $default: ({ body }) => (body === 'end' ? { statusCode: 200, body: 'end' } : { statusCode: 200 }),
      },
    });
    const opened = await client().opened();
    opened.send('{"action":"silent"}');
    opened.send('no body');
    await invoker.call('$default');
    opened.send('end');
    expect(await opened.next()).toBe('end');
    expect(invoker.calls('silent')).toHaveLength(1);
  });

  it('is sent up to 32 KB, the longest frame', async () => {
    const { client } = await startGateway({
      functions: { echo: () => ({ statusCode: 200, body: 'x'.repeat(32 * 1024) }) },
    });
    const opened = await client().opened();
    opened.send('{"action":"echo"}');
    expect(await opened.next()).toHaveLength(32 * 1024);
  });

  it('is an error of its route if it exceeds 32 KB', async () => {
    const { client } = await startGateway({
      functions: { echo: () => ({ statusCode: 200, body: 'x'.repeat(32 * 1024 + 1) }) },
    });
    const opened = await client().opened();
    opened.send('{"action":"echo"}');
    expect(await opened.next()).toContain('Internal server error');
  });
});

describe('a failing function', () => {
  it.each(['echo', 'silent'])(
    'answers Internal server error on route %s, and the socket stays open',
    async (key) => {
      const fail = () => Promise.reject(new Error('secret'));
      const { client, gateway, warnings } = await startGateway({
        functions: { echo: fail, silent: fail, $default: () => ({ statusCode: 200, body: 'alive' }) },
      });
      const opened = await client().opened();
      opened.send({ action: key });
      const connectionId = gateway.connections()[0]?.connectionId;
      expect(await opened.next()).toMatch(gatewayFrame('Internal server error', connectionId));
      expect(warnings.join()).toContain('secret');
      opened.send('x');
      expect(await opened.next()).toBe('alive');
    },
  );

  it('answers Internal server error after 29 s without a result', async () => {
    const { client, invoker, clock } = await startGateway({
      functions: { echo: () => new Promise(() => {}) },
    });
    const opened = await client().opened();
    opened.send('{"action":"echo"}');
    await invoker.call('echo');
    clock.advance(29_000);
    expect(await opened.next()).toContain('Internal server error');
  });
});

describe('frames of one socket', () => {
  it('run concurrently: the second is answered while the first still runs', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { client } = await startGateway({
      functions: {
        echo: async ({ body = '' }) => {
          const { n } = JSON.parse(body) as { n: number };
          if (n === 1) await released;
          return { statusCode: 200, body: String(n) };
        },
      },
    });
    const opened = await client().opened();
    opened.send({ action: 'echo', n: 1 });
    opened.send({ action: 'echo', n: 2 });
    expect(await opened.next()).toBe('2');
    release();
    expect(await opened.next()).toBe('1');
  });

  it('reach their functions in the order they were sent', async () => {
    const { client, invoker } = await startGateway();
    const opened = await client().opened();
    for (let n = 1; n <= 50; n += 1) opened.send({ action: 'echo', n });
    await invoker.call('echo', 50);
    const order = invoker.calls('echo').map(({ body = '' }) => (JSON.parse(body) as { n: number }).n);
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });
});
