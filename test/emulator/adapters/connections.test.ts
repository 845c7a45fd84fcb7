import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createConnections } from '../../../lambdas/adapters/connections.ts';
import type { Connections } from '../../../lambdas/domain/model/connections.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { inMemoryConnections } from '../../adapters/memory/connections.ts';
import { startGateway } from '../gateway/gateway-fixture.ts';

/** The adapter, and the sockets that it posts to. */
interface Sockets {
  readonly connections: Connections;
  open(): Promise<OpenSocket>;
  /** From now on the account has no requests left, until the returned function is called. */
  throttle(): Promise<() => void>;
}

interface OpenSocket {
  readonly connectionId: string;
  /** Returns the next frames, and fails if there are others in front of them. */
  next(count: number): Promise<string[]>;
  /** The client's network fails: no close frame. */
  lose(): Promise<void>;
  /** Resolves when the socket is closed by the server. */
  closed(): Promise<void>;
}

const NO_SOCKET = 'L0SM9cOFvHcCIhw=';

async function overGateway(): Promise<Sockets> {
  const gateway = await startGateway({ limits: { callbacksPerSecond: 100, callbackBurst: 100 } });
  vi.stubEnv('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI', gateway.managementUrl);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  onTestFinished(() => void vi.unstubAllEnvs());
  const connections = createConnections();
  return {
    connections,
    async open() {
      const before = new Set(gateway.gateway.connections().map(({ connectionId }) => connectionId));
      const client = await gateway.client().opened();
      const added = gateway.gateway.connections().find(({ connectionId }) => !before.has(connectionId));
      return {
        connectionId: added?.connectionId ?? '',
        next: (count) => Promise.all(Array.from({ length: count }, () => client.next())),
        async lose() {
          client.webSocket.terminate();
          await gateway.invoker.call('$disconnect');
        },
        async closed() {
          expect((await client.closed).code).toBe(1000);
        },
      };
    },
    async throttle() {
      while ((await connections.probe(NO_SOCKET)) !== 'busy');
      return () => gateway.clock.advance(1_000);
    },
  };
}

async function inMemory(): Promise<Sockets> {
  const connections = inMemoryConnections();
  const { outcomes, posts } = connections;
  const opened: string[] = [];
  outcomes.set(NO_SOCKET, 'gone');
  return {
    connections,
    async open() {
      const connectionId = `socket-${opened.length}`;
      opened.push(connectionId);
      return {
        connectionId,
        async next(count) {
          const own = posts.filter((post) => post.connectionId === connectionId).slice(0, count);
          for (const post of own) posts.splice(posts.indexOf(post), 1);
          return own.map(({ frame }) => (typeof frame === 'string' ? frame : JSON.stringify(frame)));
        },
        lose: async () => void outcomes.set(connectionId, 'gone'),
        closed: async () => expect(connections.closed).toContain(connectionId),
      };
    },
    async throttle() {
      for (const connectionId of opened) outcomes.set(connectionId, 'busy');
      return () => outcomes.clear();
    },
  };
}

const OPERATIONS = [
  ['post', (connections: Connections, id: string) => connections.post(id, '{}')],
  ['probe', (connections: Connections, id: string) => connections.probe(id)],
  ['close', (connections: Connections, id: string) => connections.close(id)],
] as const;

/** One suite for both implementations, so that unit tests on the in-memory connections hold for API Gateway. */
describe.each([
  ['in memory', inMemory],
  ['of the gateway', overGateway],
])('the connections %s', (_, make) => {
  const start = async () => {
    const sockets = await make();
    return { ...sockets, socket: await sockets.open() };
  };

  it.each(['{"type":"message","text":"grüße 👋"}', 'heartbeat', 'CgQIARAC'])(
    'deliver %s as it is (IM-FRAME-1)',
    async (text) => {
      const { connections, socket } = await start();
      expect(await connections.post(socket.connectionId, text)).toBe('took');
      expect(await socket.next(1)).toEqual([text]);
    },
  );

  it('deliver posts that follow one another in order, each to its own socket', async () => {
    const { connections, socket, open } = await start();
    const other = await open();
    for (let n = 0; n < 20; n += 1) {
      await connections.post(socket.connectionId, `{"n":${n}}`);
      await connections.post(other.connectionId, `{"other":${n}}`);
    }
    const each = (name: string) => Array.from({ length: 20 }, (__, n) => `{"${name}":${n}}`);
    expect(await socket.next(20)).toEqual(each('n'));
    expect(await other.next(20)).toEqual(each('other'));
  });

  it('report an open socket as open, without a frame to it', async () => {
    const { connections, socket } = await start();
    expect(await connections.probe(socket.connectionId)).toBe('took');
    await connections.post(socket.connectionId, '{}');
    expect(await socket.next(1)).toEqual(['{}']);
  });

  it.each(OPERATIONS)('answer `gone` to a %s of an id that names no socket', async (__, run) => {
    const { connections } = await start();
    expect(await run(connections, NO_SOCKET)).toBe('gone');
  });

  it.each(OPERATIONS)(
    'answer `gone` to a %s of a socket that the client lost (IM-FAULT-6)',
    async (__, run) => {
      const { connections, socket } = await start();
      await socket.lose();
      expect(await run(connections, socket.connectionId)).toBe('gone');
    },
  );

  it.each(OPERATIONS)(
    'close a socket after its last frame, and answer `gone` to a %s from then on',
    async (__, run) => {
      const { connections, socket } = await start();
      await connections.post(socket.connectionId, '{"last":true}');
      expect(await connections.close(socket.connectionId)).toBe('took');
      expect(await socket.next(1)).toEqual(['{"last":true}']);
      await socket.closed();
      expect(await run(connections, socket.connectionId)).toBe('gone');
    },
  );

  it('answer `busy` while the account is throttled, send nothing, and leave the socket open (IM-FAULT-20)', async () => {
    const { connections, socket, throttle } = await start();
    const end = await throttle();
    for (const [, run] of OPERATIONS) expect(await run(connections, socket.connectionId)).toBe('busy');
    end();
    expect(await connections.post(socket.connectionId, '{"later":true}')).toBe('took');
    expect(await socket.next(1)).toEqual(['{"later":true}']);
  });

  it('take a frame of 32 KB, refuse a larger one as `unsure`, and leave the socket open', async () => {
    const { connections, socket } = await start();
    const text = (bytes: number) => 'ü'.repeat(bytes / 2);
    expect(await connections.post(socket.connectionId, text(LIMITS.maxFrameBytes + 2))).toBe('unsure');
    expect(await connections.post(socket.connectionId, text(LIMITS.maxFrameBytes))).toBe('took');
    const [received] = await socket.next(1);
    expect(Buffer.byteLength(received ?? '')).toBe(LIMITS.maxFrameBytes);
  });
});

describe('the log', () => {
  const logged = () => {
    const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    return warn.mock.calls;
  };

  it('names the call that the account throttled, and its connection, without an error', async () => {
    const { connections, throttle } = await overGateway();
    await throttle();
    const lines = logged();
    for (const [, run] of OPERATIONS) await run(connections, NO_SOCKET);
    const fields = { connectionId: NO_SOCKET };
    expect(lines).toEqual(OPERATIONS.map(([name]) => [`${name} throttled`, fields]));
  });

  it('names the call that failed, its connection, and the error', async () => {
    await overGateway();
    // Nothing listens there.
    vi.stubEnv('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI', 'http://127.0.0.1:9');
    const connections = createConnections();
    const lines = logged();
    for (const [, run] of OPERATIONS) expect(await run(connections, NO_SOCKET)).toBe('unsure');
    const error = expect.objectContaining({ message: expect.stringContaining('ECONNREFUSED') });
    const fields = { connectionId: NO_SOCKET, error };
    expect(lines).toEqual(OPERATIONS.map(([name]) => [`${name} failed`, fields]));
  });

  it('has no line about a client that is gone', async () => {
    const { connections } = await overGateway();
    const lines = logged();
    for (const [, run] of OPERATIONS) expect(await run(connections, NO_SOCKET)).toBe('gone');
    expect(lines).toEqual([]);
  });
});
