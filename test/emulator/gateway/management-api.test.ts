import {
  DeleteConnectionCommand,
  ForbiddenException,
  GetConnectionCommand,
  GoneException,
  LimitExceededException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it } from 'vitest';
import { type FixtureOptions, startGateway } from './gateway-fixture.ts';

const KB = 1024;
const post = (ConnectionId: string, Data: string) => new PostToConnectionCommand({ ConnectionId, Data });

async function startOpened(options: FixtureOptions = {}) {
  const fixture = await startGateway(options);
  const opened = await fixture.client('', [], { headers: { 'User-Agent': 'tester' } }).opened();
  const connectionId = fixture.gateway.connections()[0]?.connectionId ?? '';
  return { ...fixture, opened, connectionId, sdk: fixture.management() };
}

describe('POST @connections', () => {
  it('sends the body as a text frame', async () => {
    const { sdk, opened, connectionId } = await startOpened();
    const isBinary = new Promise((resolve) =>
      opened.webSocket.once('message', (_, binary) => resolve(binary)),
    );
    const { $metadata } = await sdk.send(post(connectionId, 'grüße'));
    expect($metadata.httpStatusCode).toBe(200);
    expect(await opened.next()).toBe('grüße');
    expect(await isBinary).toBe(false);
  });

  it('keeps the order in which posts arrive', async () => {
    const { sdk, opened, connectionId } = await startOpened();
    for (let n = 0; n < 30; n += 1) await sdk.send(post(connectionId, String(n)));
    for (let n = 0; n < 30; n += 1) expect(await opened.next()).toBe(String(n));
  });

  it('accepts ids encoded or not, and @ encoded or not', async () => {
    const { opened, connectionId, managementUrl } = await startOpened();
    const authorization = 'AWS4-HMAC-SHA256 Credential=x';
    const ids = [connectionId, encodeURIComponent(connectionId)];
    for (const path of ids.flatMap((id) => [`@connections/${id}`, `%40connections/${id}`])) {
      const init = { method: 'POST', body: path, headers: { authorization } };
      expect((await fetch(`${managementUrl}/${path}`, init)).status).toBe(200);
      expect(await opened.next()).toBe(path);
    }
  });

  it('accepts what fits one frame, 32 KB', async () => {
    const { sdk, opened, connectionId } = await startOpened();
    await sdk.send(post(connectionId, 'x'.repeat(32 * KB)));
    expect(await opened.next()).toHaveLength(32 * KB);
  });

  it.each([32 * KB + 1, 128 * KB + 1, 3 * 1024 * KB])('refuses %i bytes with 413', async (size) => {
    const { sdk, connectionId } = await startOpened();
    await expect(sdk.send(post(connectionId, 'x'.repeat(size)))).rejects.toThrow(PayloadTooLargeException);
  });

  it('refuses a post to a client whose buffer is full with 429', async () => {
    const { sdk, opened, connectionId } = await startOpened({ limits: { clientBufferBytes: 64 * KB } });
    opened.webSocket.pause();
    const fill = async () => {
      for (let n = 0; n < 4_000; n += 1) await sdk.send(post(connectionId, 'x'.repeat(32 * KB)));
    };
    await expect(fill()).rejects.toThrow(LimitExceededException);
    await expect(fill()).rejects.toMatchObject({ $metadata: { httpStatusCode: 429 } });
  });

  it('refuses a post from within $connect, before the socket is open, with 410', async () => {
    const outcomes: unknown[] = [];
    const fixture = await startGateway({
      functions: {
        $connect: async ({ requestContext }) => {
          const sending = fixture.management().send(post(requestContext.connectionId, 'early'));
          outcomes.push(await sending.catch((error: unknown) => error));
          return { statusCode: 200 };
        },
      },
    });
    await fixture.client().opened();
    expect(outcomes).toEqual([expect.any(GoneException)]);
  });
});

describe('GET @connections', () => {
  it('returns when it connected, from where, and when it was last active, as the SDK models it', async () => {
    const { sdk, opened, clock, connectionId, invoker } = await startOpened();
    const connectedAt = clock.now();
    clock.advance(1_000);
    opened.send('x');
    await invoker.call('$default');
    clock.advance(1_000);
    expect(await sdk.send(new GetConnectionCommand({ ConnectionId: connectionId }))).toMatchObject({
      ConnectedAt: new Date(connectedAt),
      LastActiveAt: new Date(connectedAt + 1_000),
      Identity: { SourceIp: '127.0.0.1', UserAgent: 'tester' },
    });
  });
});

describe('DELETE @connections', () => {
  it('closes with 1000, answers 410 from then on, and still triggers $disconnect', async () => {
    const { sdk, opened, connectionId, invoker } = await startOpened();
    const { $metadata } = await sdk.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
    expect($metadata.httpStatusCode).toBe(204);
    await expect(sdk.send(post(connectionId, 'late'))).rejects.toThrow(GoneException);
    expect((await opened.closed).code).toBe(1000);
    const { requestContext } = await invoker.call('$disconnect');
    expect(requestContext).toMatchObject({ connectionId, disconnectStatusCode: 1000 });
  });

  it('delivers earlier posts before the close', async () => {
    const { sdk, opened, connectionId } = await startOpened();
    await sdk.send(post(connectionId, 'last words'));
    await sdk.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
    expect(await opened.next()).toBe('last words');
  });
});

describe('the @connections API', () => {
  const calls = [
    ['POST', (id: string) => post(id, 'x')],
    ['GET', (id: string) => new GetConnectionCommand({ ConnectionId: id })],
    ['DELETE', (id: string) => new DeleteConnectionCommand({ ConnectionId: id })],
  ] as const;

  it.each(calls)('refuses %s for a closed connection with 410', async (_method, call) => {
    const { sdk, opened, connectionId, invoker } = await startOpened();
    opened.webSocket.terminate();
    await invoker.call('$disconnect');
    // The union of commands has no common `send` overload.
    const send = sdk.send.bind(sdk) as (command: unknown) => Promise<unknown>;
    await expect(send(call(connectionId))).rejects.toThrow(GoneException);
    await expect(send(call('L0SM9cOFvHcCIhw='))).rejects.toThrow(GoneException);
  });

  it.each(calls)('refuses %s with 400 for an id that no connection can have', async (_method, call) => {
    const { sdk } = await startOpened();
    const send = sdk.send.bind(sdk) as (command: unknown) => Promise<unknown>;
    await expect(send(call('poll-01M8G7A9BSRR44KN95FBFMZWQJ'))).rejects.toMatchObject({
      name: 'BadRequestException',
      message: 'Invalid connectionId: poll-01M8G7A9BSRR44KN95FBFMZWQJ',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('refuses with 429 what exceeds the rate of the account, whichever call it is, and serves again a second later', async () => {
    const { sdk, clock, connectionId } = await startOpened({
      limits: { callbacksPerSecond: 2, callbackBurst: 3 },
    });
    const get = () => sdk.send(new GetConnectionCommand({ ConnectionId: connectionId }));
    await sdk.send(post(connectionId, 'one'));
    await sdk.send(post(connectionId, 'two'));
    await get();
    await expect(get()).rejects.toMatchObject({
      name: 'LimitExceededException',
      $metadata: { httpStatusCode: 429 },
    });
    await expect(sdk.send(new DeleteConnectionCommand({ ConnectionId: connectionId }))).rejects.toThrow(
      LimitExceededException,
    );
    clock.advance(1_000);
    await Promise.all([get(), get()]);
    await expect(get()).rejects.toThrow(LimitExceededException);
  });

  it('refuses an unknown stage with 403', async () => {
    const { management, httpUrl, connectionId } = await startOpened();
    const elsewhere = management(`${httpUrl}/production`);
    await expect(elsewhere.send(post(connectionId, 'x'))).rejects.toThrow(ForbiddenException);
  });

  it('refuses a connection of another stage with 410', async () => {
    const { management, httpUrl, connectionId } = await startOpened({ otherStages: ['beta'] });
    const elsewhere = management(`${httpUrl}/beta`);
    await expect(elsewhere.send(post(connectionId, 'x'))).rejects.toThrow(GoneException);
  });

  it.each([undefined, 'Bearer x'])(
    'refuses Authorization %s in place of a signature with 403',
    async (token) => {
      const { managementUrl, connectionId, opened, sdk } = await startOpened();
      const url = `${managementUrl}/@connections/${encodeURIComponent(connectionId)}`;
      const headers = token === undefined ? {} : { authorization: token };
      const response = await fetch(url, { method: 'POST', body: 'forged', headers });
      expect(response.status).toBe(403);
      expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
      await sdk.send(post(connectionId, 'signed'));
      expect(await opened.next()).toBe('signed');
    },
  );
});
