import type { IncomingMessage, ServerResponse } from 'node:http';
import { DeleteConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Gateway, type GatewayApis } from '../../../local/gateway/server.ts';
import { FakeFunctions } from './fake-functions.ts';
import { startGateway } from './gateway-fixture.ts';
import { TestClient } from './test-client.ts';

const webSocketApi = {
  name: 'Socket',
  apiId: 'ws',
  stage: 'prod',
  routeSelectionExpression: '$request.body.action',
  routes: [],
};
const httpApi = {
  name: 'Http',
  apiId: 'http',
  stage: '$default',
  routes: [{ method: 'GET', path: '/x', functionId: 'f' }],
};
const apis = (): GatewayApis => ({
  webSocketApis: [webSocketApi],
  httpApis: [httpApi],
  invoker: new FakeFunctions({ f: () => 'served' }),
});

function hello(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.url !== '/token') return false;
  response.end('token');
  return true;
}

describe('a gateway that listens before it has its APIs', () => {
  it('serves the extra routes and answers 503 to everything else, including upgrades', async () => {
    const gateway = new Gateway({ extraRoutes: [hello] });
    onTestFinished(() => gateway.close());
    const port = await gateway.listen(0);
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return [response.status, await response.text()];
    };
    expect(await get('/token')).toEqual([200, 'token']);
    expect(await get('/x')).toEqual([503, '{"message":"Service Unavailable"}']);
    expect((await new TestClient(`ws://127.0.0.1:${port}/prod`).refused()).status).toBe(503);
    gateway.serve(apis());
    expect(await get('/token')).toEqual([200, 'token']);
    expect(await get('/x')).toEqual([200, 'served']);
    await new TestClient(`ws://127.0.0.1:${port}/prod`).opened();
    expect(() => gateway.serve(apis())).toThrow('already');
  });

  it('fails to listen on a port that is in use', async () => {
    const first = new Gateway();
    onTestFinished(() => first.close());
    const port = await first.listen(0);
    await expect(new Gateway().listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('an extra route', () => {
  it('comes before the APIs, may be asynchronous, and fails with 500', async () => {
    const { httpUrl, warnings } = await startGateway({
      extraRoutes: [
        async ({ url }, response) => {
          await Promise.resolve();
          if (url === '/broken') throw new Error('broken');
          if (url !== '/mine') return false;
          response.end('mine');
          return true;
        },
      ],
    });
    expect(await (await fetch(`${httpUrl}/mine`)).text()).toBe('mine');
    expect(warnings).toEqual([]);
    expect((await fetch(`${httpUrl}/broken`)).status).toBe(500);
    expect((await fetch(`${httpUrl}/other`)).status).toBe(404);
  });
});

describe('close', () => {
  it('closes all sockets with 1001, without $disconnect, and leaves no timer and no port open', async () => {
    const { gateway, client, clock, invoker, httpUrl } = await startGateway();
    const clients = await Promise.all([1, 2, 3].map(() => client().opened()));
    await gateway.close();
    const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).code));
    expect(codes).toEqual([1001, 1001, 1001]);
    expect(invoker.calls('$disconnect')).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
    await expect(fetch(httpUrl)).rejects.toThrow();
  });

  it('does not wait for silent clients, functions that never return, or half-open sockets', async () => {
    const forever = () => new Promise(() => {});
    const { gateway, client, clock, invoker, httpUrl } = await startGateway({
      httpApi: { routes: httpApi.routes },
      functions: {
        echo: forever,
        f: forever,
        $connect: ({ queryStringParameters }) =>
          queryStringParameters === undefined ? { statusCode: 200 } : forever(),
      },
    });
    const opened = await client().opened();
    opened.send('{"action":"echo"}');
    await invoker.call('echo');
    opened.webSocket.pause();
    const connecting = client('?slow=1').opened();
    const refused = expect(connecting).rejects.toThrow();
    await invoker.call('$connect', 2);
    const unanswered = expect(fetch(`${httpUrl}/x`)).rejects.toThrow();
    await invoker.call('f');
    await gateway.close();
    await refused;
    await unanswered;
    expect(clock.pendingTimers).toBe(0);
    expect(invoker.calls('$disconnect')).toEqual([]);
  });

  it('does not wait for a client that has not answered an earlier close frame', async () => {
    const { gateway, client, clock, invoker, management } = await startGateway();
    const opened = await client().opened();
    opened.webSocket.pause();
    const connectionId = gateway.connections()[0]?.connectionId;
    await management().send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
    await invoker.call('$disconnect');
    await gateway.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is idempotent, and works before anything was served', async () => {
    const gateway = new Gateway();
    await gateway.listen(0);
    await gateway.close();
    await gateway.close();
  });
});

describe('two WebSocket APIs', () => {
  it('cannot share a port if their stages have the same name', () => {
    const gateway = new Gateway();
    expect(() => gateway.serve({ ...apis(), webSocketApis: [webSocketApi, webSocketApi] })).toThrow(
      'same stage',
    );
  });
});
