import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it } from 'vitest';
import { startNodes } from './gateway-fixture.ts';

const post = (ConnectionId: string, Data: string) => new PostToConnectionCommand({ ConnectionId, Data });

/** Two nodes, and a client of the second. */
async function startTwo() {
  const [one, two] = await startNodes(2);
  if (one === undefined || two === undefined) throw new Error('Two nodes were started.');
  const client = await two.client('', [], { headers: { 'User-Agent': 'tester' } }).opened();
  const connectionId = two.gateway.connections()[0]?.connectionId ?? '';
  return { one, two, client, connectionId };
}

describe('a gateway among others', () => {
  it('begins its connection ids with its number, and their form is that of API Gateway', async () => {
    const { one, connectionId } = await startTwo();
    await one.client().opened();
    expect(connectionId).toMatch(/^2[\w-]{14}=$/);
    expect(one.gateway.connections()[0]?.connectionId).toMatch(/^1[\w-]{14}=$/);
  });

  it('passes a post on to the node of its connection, which answers', async () => {
    const { one, two, client, connectionId } = await startTwo();
    const { $metadata } = await one.management().send(post(connectionId, 'grüße'));
    expect($metadata.httpStatusCode).toBe(200);
    expect(await client.next()).toBe('grüße');
    await two.management().send(post(connectionId, 'from its own node'));
    expect(await client.next()).toBe('from its own node');
  });

  it('passes on GET and DELETE', async () => {
    const { one, two, client, connectionId } = await startTwo();
    const sdk = one.management();
    expect(await sdk.send(new GetConnectionCommand({ ConnectionId: connectionId }))).toMatchObject({
      ConnectedAt: new Date(two.clock.now()),
      Identity: { UserAgent: 'tester' },
    });
    await sdk.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
    expect((await client.closed).code).toBe(1000);
    await expect(sdk.send(post(connectionId, 'late'))).rejects.toThrow(GoneException);
  });

  it('refuses what is too large for any node with 413, and an unsigned post with 403', async () => {
    const { one, connectionId } = await startTwo();
    await expect(one.management().send(post(connectionId, 'x'.repeat(33 * 1024)))).rejects.toThrow(
      PayloadTooLargeException,
    );
    const url = `${one.managementUrl}/@connections/${encodeURIComponent(connectionId)}`;
    expect((await fetch(url, { method: 'POST', body: 'forged' })).status).toBe(403);
  });

  it('answers 410 at once for the connections of a dead node', async () => {
    const { one, two, connectionId } = await startTwo();
    await two.gateway.close();
    const sdk = one.management();
    await expect(sdk.send(post(connectionId, 'x'))).rejects.toThrow(GoneException);
    await expect(sdk.send(new GetConnectionCommand({ ConnectionId: connectionId }))).rejects.toThrow(
      GoneException,
    );
  });

  it('answers 410 for a post that was under way when its node died', async () => {
    const { one, two, connectionId } = await startTwo();
    await two.gateway.close();
    // Takes the request, and is gone.
    const dying = createServer(({ socket }) => {
      dying.close();
      socket.destroy();
    });
    await once(dying.listen(Number(new URL(two.httpUrl).port), '127.0.0.1'), 'listening');
    await expect(one.management().send(post(connectionId, 'x'))).rejects.toThrow(GoneException);
  });

  it('answers 410 for an id of a node that there is not, as for one of an earlier run', async () => {
    const { one } = await startTwo();
    await expect(one.management().send(post('7L0SM9cOFvHcCIh=', 'x'))).rejects.toThrow(GoneException);
  });
});
