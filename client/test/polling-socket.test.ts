import { describe, expect, it, onTestFinished } from 'vitest';
import { PollingSocket } from '../src/polling/polling-socket.ts';

const SESSION = { userId: 'bob', wsUrl: 'wss://chat.example', serverTime: 1, heartbeatIntervalMs: 480_000 };
const EMPTY = { messages: [], batch: null, more: false, timedOut: true, session: { expiresAt: 1 } };

/** A polling socket whose every request gets this answer. */
function socketWith(status: number, body: string) {
  const { promise: first, resolve } = Promise.withResolvers<Record<string, unknown>>();
  const socket = new PollingSocket({
    url: 'ws://127.0.0.1/?deviceId=device',
    protocols: [],
    httpUrl: 'http://127.0.0.1',
    fetch: async () => new Response(body, { status }),
    forMs: 60_000,
    nowMs: () => 0,
  });
  socket.onmessage = ({ data }: { data: string }) => resolve(JSON.parse(data));
  return { socket, first };
}

describe('a polling socket', () => {
  it('asks again, without a reconnect, when other devices of the user wait already (IM-POLL-4)', async () => {
    const refused = { code: 'rate_limited', message: 'busy', retryable: true, retryAfterMs: 1 };
    const page = { ...EMPTY, messages: [{ content: { type: 'text', text: 'hi' } }] };
    const answers = [
      [200, SESSION],
      [200, EMPTY],
      [429, refused],
      [429, refused],
      [200, page],
    ] as const;
    let asked = 0;
    const fetch = async () => {
      const [status, body] = answers[asked] ?? [];
      asked += 1;
      return status === undefined ? new Promise<Response>(() => {}) : Response.json(body, { status });
    };
    const socket = new PollingSocket({
      url: 'wss://chat.example?deviceId=phone',
      protocols: ['im.v1', 'im.token.t'],
      httpUrl: 'https://chat.example',
      fetch,
      forMs: 300_000,
      nowMs: () => 0,
    });
    onTestFinished(() => socket.close());
    let isClosed = false;
    socket.onclose = () => {
      isClosed = true;
    };
    const types: string[] = [];
    const delivered = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }: { data: string }) => {
        const { type } = JSON.parse(data);
        types.push(type);
        if (type === 'messages') resolve();
      };
    });
    socket.send(JSON.stringify({ action: 'hello', id: '1' }));
    await delivered;
    expect([types, isClosed]).toEqual([['welcome', 'messages'], false]);
  });

  it.each([
    [429, '{"message":"Too Many Requests"}'],
    [503, '{"message":"Service Unavailable"}'],
    [502, '<html>'],
  ])('reports the gateway’s own %i as worth a retry after the usual backoff', async (status, body) => {
    const { socket, first } = socketWith(status, body);
    socket.send(JSON.stringify({ action: 'sendMessage', id: '1', clientMsgId: 'm', to: 'bob' }));
    expect(await first).toMatchObject({ type: 'error', id: '1', code: 'unavailable', retryable: true });
    expect(await first).not.toHaveProperty('retryAfterMs');
    socket.close();
  });

  it.each([
    ['a page', '<!doctype html>\n<title>Sign in to Wi-Fi</title>'],
    ['nothing', ''],
    ['JSON of its own', '{"status":"login"}'],
    ['a JSON text', '"login"'],
  ])(
    'treats no message as sent, and no user as known, when a captive portal answers 200 with %s',
    async (_, body) => {
      for (const action of ['hello', 'sendMessage', 'ackInbox', 'heartbeat']) {
        const { socket, first } = socketWith(200, body);
        const closed = new Promise<string>((resolve) => {
          socket.onclose = () => resolve('closed');
        });
        socket.send(JSON.stringify({ action, id: '1', clientMsgId: 'm', to: 'bob' }));
        expect(await Promise.race([first, closed])).toBe('closed');
      }
    },
  );

  it('has the time of the server, not that of the device', async () => {
    const { socket, first } = socketWith(200, JSON.stringify(SESSION));
    socket.send(JSON.stringify({ action: 'heartbeat', id: '1' }));
    expect(await first).toMatchObject({ type: 'heartbeat', serverTime: SESSION.serverTime });
    socket.close();
  });

  it.each(['recall', 'presence', 'shop.translate'])(
    'asks to wait for a real socket with %s, which can’t be polled',
    async (action) => {
      const { socket, first } = socketWith(200, '{}');
      socket.send(JSON.stringify({ action, id: '1' }));
      expect(await first).toMatchObject({ code: 'unavailable', retryable: true, retryAfterMs: 60_000 });
      socket.close();
    },
  );
});
