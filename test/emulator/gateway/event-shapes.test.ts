import { describe, expect, it } from 'vitest';
import { readCapture, shapeDifferences } from './event-shape.ts';
import { allow } from './fake-functions.ts';
import { authorizedConnect, route, startGateway } from './gateway-fixture.ts';

const userAgent = { headers: { 'User-Agent': 'Mozilla/5.0' } };

const OF_THE_CAPTURING_FUNCTION = 'added by the Rust runtime that took the capture, not by API Gateway';
const runtimeFields = [
  ...['version', 'context', 'deadline', 'invoked_function_arn', 'xray_trace_id', 'client_context'],
  ...['identity', 'env_config', 'memory', 'log_stream', 'log_group'],
];

async function startAuthorized() {
  return startGateway({
    webSocketApi: { routes: [authorizedConnect, route('$disconnect'), route('sendMessage')] },
    functions: { authorizer: (event) => allow(event, { userId: 'alice', expiresAtMs: 1707510208396 }) },
  });
}

describe('the gateway', () => {
  it('builds the authorizer event in the shape captured on AWS', async () => {
    const { client, invoker } = await startAuthorized();
    await client('?parameter1=value1&parameter1=value2&parameter2=value', [], userAgent).opened();
    const tolerated = Object.fromEntries(runtimeFields.map((field) => [field, OF_THE_CAPTURING_FUNCTION]));
    const [event] = invoker.calls('authorizer');
    expect(shapeDifferences(event, readCapture('websocket-authorizer'), tolerated)).toEqual([]);
    expect(event?.methodArn).toMatch(/^arn:aws:execute-api:us-east-1:\d{12}:ws-api\/prod\/\$connect$/);
  });

  it('builds the $connect event in the shape captured on AWS', async () => {
    const { client, invoker } = await startGateway();
    await client().opened();
    expect(
      shapeDifferences(invoker.calls('$connect')[0], readCapture('websocket-connect'), {
        'requestContext.identity.apiKey': 'the API has no keys',
        'requestContext.identity.apiKeyId': 'the API has no keys',
      }),
    ).toEqual([]);
  });

  it('builds the message event, with the authorizer context, in the shape captured on AWS', async () => {
    const { client, invoker } = await startAuthorized();
    const opened = await client('', [], userAgent).opened();
    opened.send({ action: 'sendMessage' });
    const event = await invoker.call('sendMessage');
    expect(shapeDifferences(event, readCapture('websocket-message'))).toEqual([]);
    expect(event.requestContext.authorizer).toEqual({
      principalId: 'alice',
      userId: 'alice',
      expiresAtMs: '1707510208396',
      integrationLatency: 0,
    });
  });

  it('builds the $disconnect event in the shape captured on AWS', async () => {
    const { client, invoker } = await startGateway();
    (await client().opened()).webSocket.close();
    const event = await invoker.call('$disconnect');
    expect(shapeDifferences(event, readCapture('websocket-disconnect'))).toEqual([]);
    expect(event.requestContext).toMatchObject({
      disconnectStatusCode: 1005,
      disconnectReason: 'Client-side close frame status not set',
    });
  });
});

describe('an event', () => {
  it('has an id of 16 characters ending in = for every connection, request, and message', async () => {
    const { client, invoker } = await startGateway();
    (await client().opened()).send('{"action":"echo"}');
    const { requestContext } = await invoker.call('echo');
    const { connectionId, requestId, messageId } = requestContext;
    for (const id of [connectionId, requestId, messageId]) expect(id).toMatch(/^[\w-]{15}=$/);
    expect(new Set([connectionId, requestId, messageId]).size).toBe(3);
  });

  it('has the request time in the common log format and connectedAt in milliseconds', async () => {
    const { client, invoker, clock } = await startGateway();
    const connectedAt = clock.now();
    const opened = await client().opened();
    clock.advance(1_545);
    opened.send('{"action":"echo"}');
    const { requestContext } = await invoker.call('echo');
    expect(requestContext).toMatchObject({
      connectedAt,
      requestTime: '09/Feb/2024:18:23:29 +0000',
      requestTimeEpoch: connectedAt + 1_545,
    });
  });

  it('has query parameters in $connect only if there is a query, with all values of each in the second map', async () => {
    const { client, invoker } = await startGateway();
    await client().opened();
    await client('?deviceId=a%20b&mode=x&mode=y').opened();
    const [without, withQuery] = invoker.calls('$connect');
    expect(without).not.toHaveProperty('queryStringParameters');
    expect(without).not.toHaveProperty('multiValueQueryStringParameters');
    expect(withQuery).toMatchObject({
      queryStringParameters: { deviceId: 'a b', mode: 'y' },
      multiValueQueryStringParameters: { deviceId: ['a b'], mode: ['x', 'y'] },
    });
  });
});
