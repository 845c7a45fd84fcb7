import { once } from 'node:events';
import { PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it } from 'vitest';
import { startGateway } from './gateway-fixture.ts';
import { roundTrip, sendHandshake } from './raw-client.ts';

const MINUTE = 60_000;

async function startOpened(limits = {}) {
  const fixture = await startGateway({
    limits,
    functions: { echo: () => ({ statusCode: 200, body: 'echo' }) },
  });
  const opened = await fixture.client().opened();
  const connectionId = fixture.gateway.connections()[0]?.connectionId ?? '';
  return { ...fixture, opened, connectionId };
}

describe('a connection without messages', () => {
  it('is cut after ten minutes with 1001 Going away, which $disconnect reports (IM-FAULT-16)', async () => {
    const { opened, invoker, clock, gateway, connectionId } = await startOpened();
    clock.advance(10 * MINUTE - 1);
    expect(gateway.connections()).toHaveLength(1);
    clock.advance(1);
    expect(gateway.connections()).toEqual([]);
    expect(await opened.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect((await invoker.call('$disconnect')).requestContext).toMatchObject({
      connectionId,
      disconnectStatusCode: 1001,
      disconnectReason: 'Going away',
    });
  });

  it('stays open if the client sent a message', async () => {
    const { opened, clock, gateway } = await startOpened();
    clock.advance(9 * MINUTE);
    opened.send('{"action":"echo"}');
    await opened.next();
    clock.advance(9 * MINUTE);
    expect(gateway.connections()).toHaveLength(1);
    clock.advance(1 * MINUTE);
    expect(gateway.connections()).toEqual([]);
  });

  it('stays open if something was posted to the client', async () => {
    const { clock, gateway, management, connectionId } = await startOpened();
    clock.advance(9 * MINUTE);
    await management().send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'x' }));
    clock.advance(9 * MINUTE);
    expect(gateway.connections()).toHaveLength(1);
  });

  it('is cut even if the client sends pings', async () => {
    const { opened, clock, gateway, httpUrl } = await startOpened();
    clock.advance(9 * MINUTE);
    opened.webSocket.ping();
    await roundTrip(httpUrl);
    clock.advance(1 * MINUTE);
    expect(gateway.connections()).toEqual([]);
  });

  it('is cut earlier if the limit is lower', async () => {
    const { opened, clock } = await startOpened({ idleTimeoutMs: 500 });
    clock.advance(500);
    expect((await opened.closed).code).toBe(1001);
  });
});

describe('a connection', () => {
  it('ends after two hours however busy it is (IM-FAULT-16)', async () => {
    const { opened, clock, invoker, gateway } = await startOpened();
    for (let elapsed = 0; elapsed < 120 * MINUTE - 1; elapsed += 5 * MINUTE) {
      expect(gateway.connections()).toHaveLength(1);
      opened.send('{"action":"echo"}');
      await opened.next();
      clock.advance(5 * MINUTE);
    }
    expect((await opened.closed).code).toBe(1001);
    expect((await invoker.call('$disconnect')).requestContext.disconnectStatusCode).toBe(1001);
  });

  it('leaves no timer when it ends', async () => {
    const { opened, clock, invoker } = await startOpened();
    expect(clock.pendingTimers).toBe(2);
    opened.webSocket.close();
    await invoker.call('$disconnect');
    await opened.closed;
    await Promise.resolve();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [1000, 'bye'],
    [4001, 'custom'],
    [3000, ''],
  ])('ends with the code and reason of the client: %i "%s"', async (code, reason) => {
    const { opened, invoker } = await startOpened();
    opened.webSocket.close(code, reason);
    expect((await invoker.call('$disconnect')).requestContext).toMatchObject({
      disconnectStatusCode: code,
      disconnectReason: reason,
    });
  });

  it('ends with 1006 if the client disappears', async () => {
    const { opened, invoker } = await startOpened();
    opened.webSocket.terminate();
    expect((await invoker.call('$disconnect')).requestContext.disconnectStatusCode).toBe(1006);
  });

  it('is destroyed after two seconds if the client does not answer the close frame', async () => {
    const { httpUrl, clock, invoker } = await startGateway();
    const socket = await sendHandshake(httpUrl);
    const closed = once(socket.resume(), 'close');
    await invoker.call('$connect');
    await roundTrip(httpUrl);
    clock.advance(10 * MINUTE);
    await invoker.call('$disconnect');
    clock.advance(2_000);
    await closed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('has one $disconnect, whether or not that fails', async () => {
    let calls = 0;
    const { client, warnings, invoker, gateway } = await startGateway({
      functions: {
        $disconnect: () => {
          calls += 1;
          throw new Error('table is gone');
        },
      },
    });
    const opened = await client().opened();
    opened.webSocket.close();
    await invoker.call('$disconnect');
    await opened.closed;
    await gateway.close();
    expect(calls).toBe(1);
    expect(warnings.join()).toContain('table is gone');
  });
});

describe('for fault tests, the gateway', () => {
  it('cuts a connection as if the network had failed', async () => {
    const { gateway, opened, invoker, connectionId } = await startOpened();
    expect(gateway.cut(connectionId)).toBe(true);
    expect((await opened.closed).code).toBe(1006);
    expect((await invoker.call('$disconnect')).requestContext.disconnectStatusCode).toBe(1006);
    expect(gateway.cut(connectionId)).toBe(false);
  });

  it('cuts a connection without a $disconnect', async () => {
    const { gateway, opened, invoker, connectionId, client } = await startOpened();
    gateway.cut(connectionId, { silent: true });
    await opened.closed;
    expect(gateway.connections()).toEqual([]);
    (await client().opened()).webSocket.close();
    const event = await invoker.call('$disconnect');
    expect(event.requestContext.connectionId).not.toBe(connectionId);
  });

  it('lists connections with what the authorizer returned', async () => {
    const { gateway, clock, connectionId } = await startOpened();
    expect(gateway.connections()).toMatchObject([{ connectionId, stage: 'prod', connectedAt: clock.now() }]);
  });
});
