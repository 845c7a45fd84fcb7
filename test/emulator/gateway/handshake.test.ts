import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { allow, deny, type FakeEvent } from './fake-functions.ts';
import { authorizedConnect, route, startGateway } from './gateway-fixture.ts';
import { frame, roundTrip, sendHandshake, sendRequest } from './raw-client.ts';

type Authorizer = (event: FakeEvent) => unknown;

const gatewayBody = (message: string) =>
  new RegExp(`^\\{"message": "${message}", "connectionId":"[\\w-]{15}=", "requestId":"[\\w-]{15}="\\}$`);

function startWith(authorizer: Authorizer) {
  return startGateway({
    webSocketApi: { routes: [authorizedConnect, route('$disconnect')] },
    functions: { authorizer },
  });
}

describe('an authorizer', () => {
  it('opens the socket if the policy allows it', async () => {
    const { client, invoker } = await startWith((event) => allow(event));
    await client().opened();
    expect(invoker.calls('$connect')[0]?.requestContext.authorizer).toMatchObject({ principalId: 'alice' });
  });

  const verdicts: [string, Authorizer, number, string][] = [
    ['denies', deny, 403, 'Forbidden'],
    ['allows another ARN only', (event) => allow({ ...event, methodArn: 'arn:aws:other' }), 403, 'Forbidden'],
    [
      'throws "Unauthorized"',
      () => {
        throw new Error('Unauthorized');
      },
      401,
      'Unauthorized',
    ],
    [
      'throws another error',
      () => {
        throw new Error('database is down');
      },
      500,
      'Internal server error',
    ],
    ['returns nothing', () => undefined, 500, 'Internal server error'],
    ['returns no policy', () => ({ principalId: 'alice' }), 500, 'Internal server error'],
    ['has an object in its context', (event) => allow(event, { roles: {} }), 500, 'Internal server error'],
    ['has an array in its context', (event) => allow(event, { roles: ['a'] }), 500, 'Internal server error'],
    ['has null in its context', (event) => allow(event, { name: null }), 500, 'Internal server error'],
    ['has empty text in its context', (event) => allow(event, { name: '' }), 500, 'Internal server error'],
    ['has an accent in its context', (event) => allow(event, { name: 'Zoé' }), 500, 'Internal server error'],
    [
      'has a line break in its context',
      (event) => allow(event, { name: 'a\nb' }),
      500,
      'Internal server error',
    ],
  ];
  it.each(verdicts)(
    'refuses the upgrade before $connect if it %s',
    async (_case, authorizer, status, message) => {
      const { client, invoker } = await startWith(authorizer);
      const refused = await client().refused();
      expect(refused.status).toBe(status);
      expect(refused.body).toMatch(gatewayBody(message));
      expect(refused.headers['content-type']).toBe('application/json');
      expect(invoker.calls('$connect')).toEqual([]);
    },
  );

  it('lets an explicit Deny win over an Allow', async () => {
    const statement = (effect: string, resource: string) => ({
      Effect: effect,
      Action: 'execute-api:*',
      Resource: resource,
    });
    const { client } = await startWith(({ methodArn = '' }) => ({
      principalId: 'alice',
      policyDocument: { Statement: [statement('Allow', '*'), statement('Deny', methodArn)] },
    }));
    expect((await client().refused()).status).toBe(403);
  });

  it('refuses the upgrade with 500 if it does not answer within 29 s', async () => {
    const { client, invoker, clock } = await startWith(() => new Promise(() => {}));
    const refused = client().refused();
    await invoker.call('authorizer');
    clock.advance(28_999);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    expect((await refused).status).toBe(500);
  });

  it('passes its context, as strings, to all later events of the connection', async () => {
    const { client, invoker } = await startWith((event) => allow(event, { userId: 'alice', n: 1, ok: true }));
    (await client().opened()).webSocket.close();
    const { requestContext } = await invoker.call('$disconnect');
    const context = { principalId: 'alice', userId: 'alice', n: '1', ok: 'true', integrationLatency: 0 };
    expect(requestContext.authorizer).toEqual(context);
    expect(invoker.calls('$connect')[0]?.requestContext.authorizer).toEqual(context);
  });
});

describe('$connect', () => {
  it.each([400, 401, 403, 409, 503])('makes its status %i the status of the upgrade', async (statusCode) => {
    const { client, invoker } = await startGateway({ functions: { $connect: () => ({ statusCode }) } });
    expect((await client().refused()).status).toBe(statusCode);
    expect(invoker.calls('$disconnect')).toEqual([]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['returns no status', () => ({})],
    ['returns nothing', () => undefined],
  ])('refuses the upgrade with 502 if it %s', async (_case, $connect) => {
    const { client, warnings } = await startGateway({ functions: { $connect } });
    const refused = await client().refused();
    expect(refused.status).toBe(502);
    expect(refused.body).toMatch(gatewayBody('Internal server error'));
    expect(warnings).toHaveLength(1);
  });

  it('refuses the upgrade with 502 if it does not answer within 29 s', async () => {
    const { client, invoker, clock } = await startGateway({
      functions: { $connect: () => new Promise(() => {}) },
    });
    const refused = client().refused();
    await invoker.call('$connect');
    clock.advance(29_000);
    expect((await refused).status).toBe(502);
  });

  it('is optional: without it, every upgrade is accepted', async () => {
    const { client } = await startGateway({ webSocketApi: { routes: [] } });
    await client().opened();
  });

  it('selects one of several subprotocols by a header in any case', async () => {
    const headers = { 'sec-websocket-protocol': 'im.v1' };
    const { client } = await startGateway({
      functions: { $connect: () => ({ statusCode: 200, headers }) },
    });
    const opened = await client('', ['im.v1', 'im.token.x']).opened();
    expect(opened.webSocket.protocol).toBe('im.v1');
  });

  it('selects no subprotocol if it names none, and a client that offered some then fails', async () => {
    const { client } = await startGateway();
    await expect(client('', ['im.v1', 'im.token.x']).opened()).rejects.toThrow('no subprotocol');
  });
});

describe('an upgrade', () => {
  it('is refused with 403 for an unknown stage', async () => {
    const { client } = await startGateway();
    expect((await client('uction').refused()).status).toBe(403);
  });

  it('is refused with 400, without a function call, if the WebSocket handshake is invalid', async () => {
    const { httpUrl, invoker } = await startGateway();
    const lines = ['GET /prod HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'];
    const socket = await sendRequest(httpUrl, lines);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(invoker.calls('$connect')).toEqual([]);
  });

  it('never reaches $connect if the client disconnects during the authorizer', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const fixture = await startWith(async (event) => {
      await left;
      return allow(event);
    });
    const { httpUrl, invoker } = fixture;
    const socket = await sendHandshake(httpUrl);
    await invoker.call('authorizer');
    socket.destroy();
    await once(socket, 'close');
    await roundTrip(httpUrl);
    leave();
    await fixture.client().opened();
    expect(invoker.calls('$connect')).toHaveLength(1);
    expect(invoker.calls('$disconnect')).toEqual([]);
  });

  it('is undone by $disconnect with 1006 if the client disconnects during $connect', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const fixture = await startGateway({
      functions: {
        $connect: async () => {
          await left;
          return { statusCode: 200 };
        },
      },
    });
    const socket = await sendHandshake(fixture.httpUrl);
    const { requestContext } = await fixture.invoker.call('$connect');
    socket.end();
    await once(socket, 'finish');
    await roundTrip(fixture.httpUrl);
    leave();
    const event = await fixture.invoker.call('$disconnect');
    expect(event.requestContext).toMatchObject({
      connectionId: requestContext.connectionId,
      disconnectStatusCode: 1006,
    });
    expect(fixture.gateway.connections()).toEqual([]);
  });

  it('keeps a frame that the client sends before the answer', async () => {
    const { promise: sent, resolve: answer } = Promise.withResolvers<void>();
    const { httpUrl, invoker } = await startGateway({
      functions: {
        $connect: async () => {
          await sent;
          return { statusCode: 200 };
        },
      },
    });
    const socket = await sendHandshake(httpUrl);
    await invoker.call('$connect');
    const text = Buffer.from('{"action":"echo"}');
    socket.write(frame(0x81, text));
    await roundTrip(httpUrl);
    answer();
    expect((await invoker.call('echo')).body).toBe(text.toString());
    socket.destroy();
  });
});
