import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createConnections } from '../../../lambdas/adapters/connections.ts';
import { createDocumentClient } from '../../../lambdas/adapters/dynamodb.ts';

interface Answer {
  readonly status: number;
  readonly errorType?: string;
}

/** `@connections` whose answers the test chooses, and the adapter that calls it. */
async function start(
  answer: (request: IncomingMessage) => Answer | 'cut' | 'never' = () => ({ status: 200 }),
) {
  const open = new Set<Socket>();
  const dead = new Set<Socket>();
  const requests: string[] = [];
  const reply = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request.method ?? '');
    const chosen = dead.has(request.socket) ? 'cut' : answer(request);
    if (chosen === 'never') return;
    if (chosen === 'cut') return void request.socket.resetAndDestroy();
    const type = chosen.errorType === undefined ? {} : { 'x-amzn-ErrorType': chosen.errorType };
    response.writeHead(chosen.status, type).end(chosen.status === 200 ? '{}' : '{"message":"refused"}');
  };
  const server = createServer((request, response) =>
    request.resume().on('end', () => reply(request, response)),
  );
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => open.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
    vi.unstubAllEnvs();
  });
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI', `http://127.0.0.1:${port}/prod`);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const connections = createConnections();
  return {
    connections,
    requests,
    /** Opens this many lines, which AWS closes while nobody notices. */
    async leaveDeadLines(count: number, send: () => Promise<unknown> = () => connections.post('c', 'x')) {
      await Promise.all(Array.from({ length: count }, send));
      for (const socket of open) dead.add(socket);
      requests.length = 0;
    },
  };
}

describe('@connections, over a socket that AWS closed meanwhile', () => {
  it.each([
    ['a post', 'POST', 'post'],
    ['a probe', 'GET', 'probe'],
  ] as const)('%s is sent again, over a new line (IM-FAULT-19)', async (_, method, operation) => {
    const { connections, requests, leaveDeadLines } = await start();
    await leaveDeadLines(3);
    expect(await connections[operation]('bob', 'hi')).toBe('took');
    expect(requests).toEqual([method, method]);
  });

  it('a close is sent again, too (IM-FAULT-19)', async () => {
    const { connections, requests, leaveDeadLines } = await start();
    await leaveDeadLines(3);
    await connections.close('bob');
    expect(requests).toEqual(['DELETE', 'DELETE']);
  });

  it('posts to many sessions at once all arrive (IM-FAULT-19)', async () => {
    const { connections, leaveDeadLines } = await start();
    await leaveDeadLines(20);
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => connections.post(`c${n}`, 'x')));
    expect(new Set(outcomes)).toEqual(new Set(['took']));
  });

  it('a post that fails again is unsure', async () => {
    let isDown = false;
    const { connections, requests, leaveDeadLines } = await start(() => (isDown ? 'cut' : { status: 200 }));
    await leaveDeadLines(1);
    isDown = true;
    expect(await connections.post('bob', 'hi')).toBe('unsure');
    expect(requests).toHaveLength(2);
  });
});

describe('DynamoDB, over a socket that AWS closed meanwhile', () => {
  it('is called again over a new socket by the first retry, however many other sockets are dead (IM-FAULT-19)', async () => {
    const { requests, leaveDeadLines } = await start();
    const documents = createDocumentClient();
    const read = () => documents.send(new GetCommand({ TableName: 'T', Key: { pk: 'x' } }));
    await leaveDeadLines(10, read);
    await read();
    expect(requests).toHaveLength(2);
  });
});

describe('@connections', () => {
  it('is not called again when a new socket breaks: then the gateway itself has a fault', async () => {
    const { connections, requests } = await start(() => 'cut');
    expect(await connections.post('bob', 'hi')).toBe('unsure');
    expect(requests).toHaveLength(1);
  });

  it.each(['post', 'probe', 'close'] as const)(
    'gives a %s a second, and does not know the outcome after that (IM-DESIGN-8)',
    async (operation) => {
      const second = new AbortController();
      const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(second.signal);
      onTestFinished(() => void timeout.mockRestore());
      const { connections } = await start(() => {
        second.abort();
        return 'never';
      });
      expect(await connections[operation]('bob', 'hi')).toBe('unsure');
      expect(timeout.mock.calls).toEqual([[1_000]]);
    },
  );

  it.each([
    [200, undefined, 'took'],
    [410, 'GoneException', 'gone'],
    // Another implementation of the API sends no name.
    [410, undefined, 'gone'],
    [429, 'LimitExceededException', 'busy'],
    [429, undefined, 'busy'],
    [500, 'InternalServerErrorException', 'unsure'],
    [403, 'ForbiddenException', 'unsure'],
  ] as const)('answers %s %s, and the outcome is `%s`', async (status, errorType, outcome) => {
    const { connections } = await start(() => ({ status, ...(errorType && { errorType }) }));
    expect(await connections.post('bob', 'hi')).toBe(outcome);
    expect(await connections.probe('bob')).toBe(outcome);
    expect(await connections.close('bob')).toBe(outcome);
  });
});
