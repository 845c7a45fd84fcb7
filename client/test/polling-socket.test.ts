import { describe, expect, it, onTestFinished } from 'vitest';
import { PollingSocket } from '../src/polling/polling-socket.ts';

const SESSION = { userId: 'bob', wsUrl: 'wss://chat.example', serverTime: 1, heartbeatIntervalMs: 480_000 };
const EMPTY = { messages: [], batch: null, more: false, timedOut: true, session: { expiresAt: 1 } };

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
});
