import { GetConnectionCommand, LimitExceededException } from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it } from 'vitest';
import { startGateway } from './gateway-fixture.ts';

const echo = { echo: () => ({ statusCode: 200, body: 'echoed' }) };
const FRAME = '{"action":"echo"}';
const THROTTLED = /^\{"message": "Too Many Requests", "connectionId":"[\w-]+=", "requestId":"[\w-]+="\}$/;

describe('a WebSocket stage', () => {
  it('answers frames above its burst with its own frame, runs no function, and leaves the socket open', async () => {
    const webSocketApi = { throttle: { rateLimit: 2, burstLimit: 3 } };
    const { client, invoker, clock } = await startGateway({ webSocketApi, functions: echo });
    // The connect is the first of the three.
    const opened = await client().opened();
    for (let count = 0; count < 3; count += 1) opened.send(FRAME);
    expect((await Promise.all([opened.next(), opened.next(), opened.next()])).toSorted()).toEqual([
      'echoed',
      'echoed',
      expect.stringMatching(THROTTLED),
    ]);
    expect(invoker.calls('echo')).toHaveLength(2);
    clock.advance(500);
    opened.send(FRAME);
    expect(await opened.next()).toBe('echoed');
    opened.send(FRAME);
    expect(await opened.next()).toMatch(THROTTLED);
  });

  it('refuses connects above its burst with 429, before any function runs', async () => {
    const webSocketApi = { throttle: { rateLimit: 1, burstLimit: 1 } };
    const { client, invoker } = await startGateway({ webSocketApi });
    await client().opened();
    const { status, body } = await client().refused();
    expect(status).toBe(429);
    expect(body).toMatch(THROTTLED);
    expect(invoker.calls('$connect')).toHaveLength(1);
  });

  it("limits an action by the route's own settings, in place of the stage's", async () => {
    const webSocketApi = { routeThrottles: { echo: { rateLimit: 1, burstLimit: 1 } } };
    const { client } = await startGateway({ webSocketApi, functions: echo });
    const opened = await client().opened();
    for (let count = 0; count < 2; count += 1) opened.send(FRAME);
    expect((await Promise.all([opened.next(), opened.next()])).toSorted()).toEqual([
      'echoed',
      expect.stringMatching(THROTTLED),
    ]);
  });

  it('never holds back $disconnect', async () => {
    const webSocketApi = { throttle: { rateLimit: 1, burstLimit: 1 } };
    const { client, invoker } = await startGateway({ webSocketApi });
    (await client().opened()).webSocket.close();
    await invoker.call('$disconnect');
  });
});

describe('an HTTP stage', () => {
  it('answers 429 above its burst, and again 200 when its rate has refilled it', async () => {
    const { httpUrl, invoker, clock } = await startGateway({
      httpApi: {
        throttle: { rateLimit: 10, burstLimit: 2 },
        routes: [{ method: 'GET', path: '/x', functionId: 'f' }],
      },
      functions: { f: () => ({ statusCode: 200 }) },
    });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await fetch(`${httpUrl}/x`)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await fetch(`${httpUrl}/x`);
    expect(await refused.text()).toBe('{"message":"Too Many Requests"}');
    expect(refused.headers.get('apigw-requestid')).not.toBeNull();
    expect(invoker.calls('f')).toHaveLength(2);
    clock.advance(100);
    expect((await fetch(`${httpUrl}/x`)).status).toBe(200);
  });

  it("limits a route by the route's own settings, in place of the stage's", async () => {
    const { httpUrl } = await startGateway({
      httpApi: {
        throttle: { rateLimit: 1, burstLimit: 1 },
        routeThrottles: { 'GET /rare': { rateLimit: 1, burstLimit: 2 } },
        routes: ['/rare', '/x'].map((path) => ({ method: 'GET', path, functionId: 'f' })),
      },
      functions: { f: () => ({ statusCode: 200 }) },
    });
    const statuses = [];
    for (const path of ['rare', 'rare', 'rare', 'x', 'x'])
      statuses.push((await fetch(`${httpUrl}/${path}`)).status);
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
  });
});

describe('the account', () => {
  it('shares its requests among its APIs and the calls to @connections', async () => {
    const { httpUrl, client, gateway, management } = await startGateway({
      limits: { accountRequestsPerSecond: 1, accountBurst: 3 },
      httpApi: { routes: [{ method: 'GET', path: '/x', functionId: 'f' }] },
      functions: { ...echo, f: () => ({ statusCode: 200 }) },
    });
    const opened = await client().opened();
    opened.send(FRAME);
    expect(await opened.next()).toBe('echoed');
    expect((await fetch(`${httpUrl}/x`)).status).toBe(200);
    expect((await fetch(`${httpUrl}/x`)).status).toBe(429);
    opened.send(FRAME);
    expect(await opened.next()).toMatch(THROTTLED);
    const ConnectionId = gateway.connections()[0]?.connectionId;
    const call = management().send(new GetConnectionCommand({ ConnectionId }));
    await expect(call).rejects.toThrow(LimitExceededException);
  });

  it('opens a limited number of connections a second', async () => {
    const { client, clock } = await startGateway({ limits: { newConnectionsPerSecond: 2 } });
    await client().opened();
    await client().opened();
    expect((await client().refused()).status).toBe(429);
    clock.advance(500);
    await client().opened();
  });
});
