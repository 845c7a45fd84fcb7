import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Balance } from '../../../local/cluster/balance.ts';
import { Front } from '../../../local/cluster/front.ts';
import { listenOn } from '../../../local/listening.ts';
import { type FixtureOptions, startNodes } from '../gateway/gateway-fixture.ts';
import { TestClient } from '../gateway/test-client.ts';

/** Answers `/token`, as the dev issuer does. */
function answersToken({ url }: IncomingMessage, response: ServerResponse): boolean {
  if (url !== '/token') return false;
  response.end('a token');
  return true;
}

const httpApi: FixtureOptions['httpApi'] = {
  routes: [{ method: 'POST', path: '/who', functionId: 'who' }],
};

/** Two nodes behind a front. */
async function startFront(options: FixtureOptions = {}) {
  const nodes = await startNodes(2, options);
  const balance = new Balance();
  for (const [index, { httpUrl }] of nodes.entries()) balance.add(index + 1, Number(new URL(httpUrl).port));
  const front = new Front(balance, answersToken);
  const port = await front.listen(0);
  onTestFinished(() => front.close());
  const client = () => {
    const made = new TestClient(`ws://127.0.0.1:${port}/prod`);
    onTestFinished(() => made.webSocket.terminate());
    return made;
  };
  const sockets = () => nodes.map(({ gateway }) => gateway.connections().length);
  return { nodes, balance, sockets, client, httpUrl: `http://127.0.0.1:${port}` };
}

describe('the front', () => {
  it('opens nothing on a node for a client that disconnects meanwhile', async () => {
    const closed = Promise.withResolvers<void>();
    const node = createServer().on('connection', (socket) => socket.once('close', closed.resolve));
    const port = await listenOn(node, 0);
    let accepted: Socket | undefined;
    const onAccepted = (event: unknown) => {
      const { socket } = event as { readonly socket: Socket };
      if (socket.localPort === frontPort) accepted = socket;
    };
    subscribe('net.server.socket', onAccepted);
    const balance = new Balance();
    const take = () => {
      accepted?.destroy();
      return () => {};
    };
    balance.byLoad = () => [{ node: 1, port, take }];
    const front = new Front(balance, answersToken);
    const frontPort = await front.listen(0);
    onTestFinished(async () => {
      unsubscribe('net.server.socket', onAccepted);
      await front.close();
      node.close();
    });
    new TestClient(`ws://127.0.0.1:${frontPort}/prod`).webSocket.on('error', () => {});
    await closed.promise;
  });

  it('leads each client to the node with the fewest sockets, those that came past it included', async () => {
    const { client, balance, sockets } = await startFront();
    for (let n = 0; n < 4; n += 1) await client().opened();
    expect(sockets()).toEqual([2, 2]);
    balance.report(1, 4);
    await Promise.all([client().opened(), client().opened()]);
    expect(sockets()).toEqual([2, 4]);
  });

  it('carries frames both ways, and the end of either side', async () => {
    const { client, nodes } = await startFront({
      functions: { echo: ({ body }) => ({ statusCode: 200, body }) },
    });
    const [first, second] = [await client().opened(), await client().opened()];
    first.send({ action: 'echo', text: 'grüße' });
    expect(JSON.parse(await first.next())).toMatchObject({ text: 'grüße' });
    first.webSocket.close();
    expect((await first.closed).code).toBe(1005);
    await nodes[0]?.invoker.call('$disconnect');
    const [{ connectionId } = { connectionId: '' }] = nodes[1]?.gateway.connections() ?? [];
    nodes[1]?.gateway.cut(connectionId);
    expect((await second.closed).code).toBe(1006);
  });

  it('passes over a node that has just died, and answers 503 if all have (IM-FAULT-21)', async () => {
    const { client, nodes, sockets, httpUrl } = await startFront({
      httpApi,
      functions: { who: ({ body }) => ({ statusCode: 200, body }) },
    });
    await nodes[0]?.gateway.close();
    await Promise.all([client().opened(), client().opened()]);
    expect(sockets()).toEqual([0, 2]);
    const ask = () => fetch(`${httpUrl}/who`, { method: 'POST', body: 'alice' });
    for (let n = 0; n < 2; n += 1) expect(await (await ask()).text()).toBe('alice');
    await nodes[1]?.gateway.close();
    expect((await ask()).status).toBe(503);
    expect(await client().refused()).toMatchObject({ status: 503 });
  });

  it('sends a socket to no node that is known to be dead', async () => {
    const { client, balance, sockets } = await startFront();
    balance.remove(1);
    await Promise.all([client().opened(), client().opened()]);
    expect(sockets()).toEqual([0, 2]);
  });

  it('takes turns with requests while the nodes are equal, and answers the issuer’s itself', async () => {
    const { nodes, httpUrl } = await startFront({
      httpApi,
      functions: { who: () => ({ statusCode: 201, headers: { 'x-own': 'yes' }, body: 'done' }) },
    });
    for (let n = 0; n < 4; n += 1) {
      const response = await fetch(`${httpUrl}/who`, { method: 'POST', body: 'x' });
      expect([response.status, response.headers.get('x-own'), await response.text()]).toEqual([
        201,
        'yes',
        'done',
      ]);
    }
    expect(nodes.map(({ invoker }) => invoker.calls('who').length)).toEqual([2, 2]);
    expect(await (await fetch(`${httpUrl}/token`)).text()).toBe('a token');
    expect((await fetch(`${httpUrl}/nothing`)).status).toBe(404);
  });
});
