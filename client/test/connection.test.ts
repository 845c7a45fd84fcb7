import { describe, expect, it } from 'vitest';
import { type ConnectionChange, createClient, UnauthorizedError } from '../src/index.ts';
import { message } from './support/builders.ts';
import { fullDelays, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const names = (changes: readonly ConnectionChange[]): string[] => changes.map(({ current }) => current);

describe('connecting', () => {
  it('goes through its states, authorizes by subprotocol, and sends hello (IM-CONN-1)', async () => {
    const { im, changes, connected } = await harness();
    const connection = await connected();
    expect(changes).toEqual([
      { current: 'connecting', previous: 'idle' },
      { current: 'syncing', previous: 'connecting' },
      { current: 'connected', previous: 'syncing' },
    ]);
    expect(connection.protocols.replaceAll(' ', '')).toBe('im.v1,im.token.token-1');
    expect(connection.url).toBe('/?deviceId=device');
    expect(connection.frames.map(({ action }) => action)).toEqual(['hello']);
    expect(im.userId).toBe('alice');
    await expect(im.connect()).resolves.toBeUndefined();
  });

  it('keeps the query of the URL', async () => {
    const { server } = await harness();
    const im = createClient({ ...options(server), wsUrl: `${server.wsUrl}/v1?x=1`, deviceId: 'd' });
    const [connection] = await Promise.all([server.nextConnection(), im.connect()]);
    expect(connection.url).toBe('/v1?x=1&deviceId=d');
    im.close();
  });

  it('generates a valid device id and keeps it', async () => {
    const { server } = await harness();
    const im = createClient(options(server));
    const [first] = await Promise.all([server.nextConnection(), im.connect()]);
    const deviceId = new URL(first.url, server.httpUrl).searchParams.get('deviceId');
    expect(deviceId).toMatch(/^[A-Za-z0-9_.-]{22}$/);
    first.cut();
    await new Promise<void>((resolve) => im.on('connection', () => resolve()));
    const [second] = await Promise.all([server.nextConnection(), im.connect()]);
    expect(new URL(second.url, server.httpUrl).searchParams.get('deviceId')).toBe(deviceId);
    im.close();
  });

  it('acknowledges the inbox page by page until nothing is left (IM-HELLO-2)', async () => {
    const { server, connected, heard } = await harness();
    const page = (seq: number) => ({
      messages: [
        {
          conversationId: 'dm:alice:bob',
          seq,
          messageId: `M${seq}`,
          clientMsgId: `c${seq}`,
          from: 'bob',
          content: { type: 'text' as const, text: 'x' },
          sentAt: 1,
          rev: 0,
        },
      ],
      batch: `batch-${seq}`,
      more: true,
    });
    server.inbox = [page(1), page(2), page(3)];
    const connection = await connected();
    expect(connection.frames.map(({ batch }) => batch)).toEqual([undefined, 'batch-1', 'batch-2', 'batch-3']);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it.each([[{ status: 'login' }], [[]]])(
    'asks again after a delay, and has the error meanwhile, when a captive portal answers the list with JSON of its own: %j',
    async (body) => {
      const { server, im, clock, entered } = await harness(fullDelays);
      server.httpAnswers.set('/conversations', { status: 200, body });
      const failing = new Promise<ConnectionChange>((resolve) => {
        im.on('connection', (change) => change.retryInMs !== undefined && resolve(change));
      });
      void im.connect();
      const { error, retryInMs } = await failing;
      expect(error).toMatchObject({ name: 'ForeignAnswerError', code: 'network', retryable: true });
      expect(error?.message).toBe(`${server.httpUrl}/conversations answered 200: ${JSON.stringify(body)}`);
      expect([retryInMs, server.requests.length]).toEqual([500, 1]);
      server.httpAnswers.clear();
      const connected = entered('connected');
      clock.advance(500);
      await connected;
    },
  );

  it('stays `syncing` until it has caught up, and retries a failure', async () => {
    const { server, im, clock, changes, entered } = await harness(fullDelays);
    server.scripts.set('hello', (frame, connection) => {
      server.httpAnswers.set('/conversations', { status: 503, body: '' });
      return server.answerTo(frame, connection);
    });
    const failing = new Promise<ConnectionChange>((resolve) => {
      im.on('connection', (change) => change.retryInMs !== undefined && resolve(change));
    });
    void im.connect();
    expect(await failing).toMatchObject({
      current: 'syncing',
      retryInMs: 500,
      error: { code: 'network', status: 503 },
    });
    server.scripts.delete('hello');
    server.httpAnswers.clear();
    const connected = entered('connected');
    clock.advance(500);
    await connected;
    expect(names(changes)).toEqual(['connecting', 'syncing', 'syncing', 'syncing', 'connected']);
    expect(server.connections).toHaveLength(1);
  });
});

describe('a conversation that its user loses while a new device reads its last messages', () => {
  it('has no messages, and does not end the client or hide the others (IM-CHANGE-3)', async () => {
    const { server, connected, heard } = await harness();
    const group = 'g:01K4G6V8D0000000000000000A';
    server.history.push(message(1, { conversationId: group }), message(1));
    const body = { code: 'not_found', message: 'There is no such conversation.', retryable: false };
    server.httpAnswers.set(`/conversations/${group}/messages`, { status: 404, body });
    await connected();
    expect(heard.map(({ seq }) => seq)).toEqual([1]);
  });
});

describe('an upgrade that fails', () => {
  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [400, 'invalid_request'],
    [409, 'conflict'],
  ])('is final when the service answers GET /session with %i (IM-CONN-7)', async (status, code) => {
    const { server, im, changes } = await harness();
    server.refuseUpgradeWith = status;
    server.httpAnswers.set('/session', { status, body: { code, message: 'no', retryable: false } });
    await expect(im.connect()).rejects.toMatchObject({
      name: 'RefusedError',
      code,
      status,
      retryable: false,
    });
    expect(changes.at(-1)).toMatchObject({ current: 'failed', error: { code } });
    expect(server.requests).toContain('/session?deviceId=device');
  });

  it.each([
    ['a gateway’s bare 401', 401, { message: 'Unauthorized' }, 'unauthorized', '{"message":"Unauthorized"}'],
    ['a gateway’s bare 403', 403, { message: 'Forbidden' }, 'network', '{"message":"Forbidden"}'],
    [
      'a gateway that throttles',
      429,
      { message: 'Too Many Requests' },
      'network',
      '{"message":"Too Many Requests"}',
    ],
    ['a proxy’s 400', 400, 'Bad Request\nproxy', 'network', 'Bad Request'],
    ['a captive portal', 200, '<!doctype html>\n<title>Wifi</title>', 'network', '<!doctype html>'],
    ['an empty 409', 409, '', 'network', ''],
  ])(
    'is retried as long as %s answers in place of the service (IM-CONN-7)',
    async (_, status, body, code, line) => {
      let tokens = 0;
      const getToken = () => `token-${++tokens}`;
      const { server, im, clock, entered } = await harness({ ...fullDelays, getToken });
      server.refuseUpgradeWith = 502;
      server.httpAnswers.set('/session', { status, body });
      const connected = im.connect();
      for (const retryInMs of [500, 1_000, 2_000]) {
        const { error, ...change } = await entered('reconnecting');
        expect(change).toMatchObject({ retryInMs });
        expect(error).toMatchObject({ code, status, retryable: true });
        expect(error?.message).toBe(
          `GET ${server.httpUrl}/session?deviceId=device answered ${status}: ${line}`,
        );
        const next = entered('reconnecting');
        clock.advance(retryInMs);
        await next;
      }
      expect(tokens).toBeGreaterThanOrEqual(3);
      server.refuseUpgradeWith = undefined;
      server.httpAnswers.clear();
      void im.connect();
      await connected;
    },
  );

  it.each([
    ['GET /session succeeds', 200, { userId: 'alice' }],
    ['GET /session fails too', 503, { code: 'unavailable', message: 'busy', retryable: true }],
  ])('is retried when %s', async (_, status, body) => {
    const { server, im, clock, entered } = await harness(fullDelays);
    server.refuseUpgradeWith = 502;
    server.httpAnswers.set('/session', { status, body });
    const reconnecting = entered('reconnecting');
    const connected = im.connect();
    expect(await reconnecting).toMatchObject({ retryInMs: 500, error: { code: 'disconnected' } });
    server.refuseUpgradeWith = undefined;
    clock.advance(500);
    await connected;
  });

  it('is explained by GET /session once in eight refusals, since thousands of clients may be refused at once', async () => {
    const { server, im, clock, entered } = await harness(fullDelays);
    server.refuseUpgradeWith = 429;
    server.httpAnswers.set('/session', { status: 401, body: { message: 'Unauthorized' } });
    let reconnecting = entered('reconnecting');
    im.connect().catch(() => {});
    for (let refusal = 1; refusal <= 9; refusal++) {
      const { error, retryInMs = 0 } = await reconnecting;
      // The last explanation holds until the next.
      expect(error?.code).toBe('unauthorized');
      expect(server.requests).toHaveLength(refusal < 9 ? 2 : 4);
      reconnecting = entered('reconnecting');
      clock.advance(retryInMs);
      // The first change is the attempt.
      await reconnecting;
      reconnecting = entered('reconnecting');
    }
  });

  it('is retried after longer and longer delays, up to 20 s', async () => {
    const { server, im, clock, entered } = await harness(fullDelays);
    server.refuseUpgradeWith = 500;
    const delays: (number | undefined)[] = [];
    void im.connect();
    for (let attempt = 0; attempt < 8; attempt++) {
      const { retryInMs = 0 } = await entered('reconnecting');
      delays.push(retryInMs);
      const trying = entered('reconnecting');
      clock.advance(retryInMs);
      await trying;
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  it('counts as failed after 10 s without an answer', async () => {
    const { server, im, clock, entered } = await harness();
    server.stallUpgrades = true;
    const stalled = server.nextStalledUpgrade();
    void im.connect();
    await stalled;
    const reconnecting = entered('reconnecting');
    clock.advance(10_000);
    expect(await reconnecting).toMatchObject({ error: { code: 'timeout' } });
  });

  it('is retried at once when the program calls connect', async () => {
    const { server, im, entered } = await harness(fullDelays);
    server.refuseUpgradeWith = 500;
    const reconnecting = entered('reconnecting');
    void im.connect();
    await reconnecting;
    server.refuseUpgradeWith = undefined;
    await im.connect();
    expect(im.state).toBe('connected');
  });
});

describe('getToken', () => {
  it.each([
    ['an UnauthorizedError', () => new UnauthorizedError('logged out')],
    ['an error with code unauthorized', () => Object.assign(new Error('x'), { code: 'unauthorized' })],
    ['an error that is not retryable', () => Object.assign(new Error('x'), { retryable: false })],
  ])('fails the connection for good if it throws %s', async (_, error) => {
    const { im } = await harness({
      getToken: () => {
        throw error();
      },
    });
    await expect(im.connect()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(im.state).toBe('failed');
  });

  it('is called again after any other error', async () => {
    let down = true;
    const { im, clock, entered } = await harness({
      ...fullDelays,
      getToken: async () => {
        if (down) throw new Error('offline');
        return 'token';
      },
    });
    const reconnecting = entered('reconnecting');
    const connected = im.connect();
    expect(await reconnecting).toMatchObject({ error: { code: 'network', cause: { message: 'offline' } } });
    down = false;
    clock.advance(500);
    await connected;
  });

  it('does not block the connection if it never resolves', async () => {
    const { im, clock, entered } = await harness({ getToken: () => new Promise(() => {}) });
    const reconnecting = entered('reconnecting');
    void im.connect();
    clock.advance(30_000);
    expect(await reconnecting).toMatchObject({ error: { code: 'timeout' } });
  });

  it('is called for each connection, and once more after an HTTP 401', async () => {
    let count = 0;
    const { server, im, connected, entered } = await harness({ getToken: () => `token-${++count}` });
    const first = await connected();
    expect(first.protocols).toContain('token-1');
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    const [second] = await Promise.all([server.nextConnection(), im.connect()]);
    expect(second.protocols).toContain('token-2');
    server.httpAnswers.set('/conversations', { status: 401, body: { message: 'Unauthorized' } });
    await expect(im.direct('bob').history()).rejects.toMatchObject({ code: 'unauthorized', status: 401 });
    expect(server.tokens.slice(-2)).toEqual(['Bearer token-2', 'Bearer token-3']);
  });
});

describe('losing the connection', () => {
  it.each(['cut', 'close'] as const)('by %s opens a new one that replaces it (IM-CONN-4)', async (how) => {
    const { server, clock, connected, changes, entered } = await harness(fullDelays);
    const first = await connected();
    const reconnecting = entered('reconnecting');
    first[how]();
    expect(await reconnecting).toMatchObject({ previous: 'connected', retryInMs: 500 });
    const again = entered('connected');
    clock.advance(500);
    const second = await server.nextConnection();
    await again;
    expect(second.url).toBe('/?deviceId=device&replaces=C1%3D');
    expect(names(changes).slice(3)).toEqual(['reconnecting', 'reconnecting', 'syncing', 'connected']);
  });

  it('keeps counting failures while connections last less than 10 s', async () => {
    const { server, clock, connected, entered } = await harness(fullDelays);
    let connection = await connected();
    const drop = async (): Promise<number | undefined> => {
      const reconnecting = entered('reconnecting');
      connection.cut();
      const { retryInMs = 0 } = await reconnecting;
      const again = entered('connected');
      clock.advance(retryInMs);
      connection = await server.nextConnection();
      await again;
      return retryInMs;
    };
    expect(await drop()).toBe(500);
    expect(await drop()).toBe(1_000);
    clock.advance(10_000);
    expect(await drop()).toBe(500);
  });

  it('sends no `replaces` after a 409 for it', async () => {
    const { server, clock, connected, entered } = await harness(fullDelays);
    const first = await connected();
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    server.refuseUpgradeWith = 409;
    server.httpAnswers.set('/session', {
      status: 409,
      body: { code: 'conflict', message: '', retryable: false },
    });
    const waiting = new Promise<void>((resolve) => {
      void entered('reconnecting').then(() => entered('reconnecting').then(() => resolve()));
    });
    clock.advance(500);
    await waiting;
    const failed = entered('failed');
    clock.advance(1_000);
    expect(await failed).toMatchObject({ error: { code: 'conflict' } });
  });
});

describe('session.closed', () => {
  it.each(['replaced', 'logged_out', 'kicked', 'superseded'])(
    'is final with reason %s, whatever the close code',
    async (code) => {
      const { server, im, connected, entered, clock } = await harness();
      const connection = await connected();
      const failed = entered('failed');
      connection.send({ type: 'session.closed', code, reconnect: false });
      connection.close(1001);
      expect(await failed).toMatchObject({ error: { name: 'SessionClosedError', code, retryable: false } });
      await connection.closed;
      clock.advance(3_600_000);
      expect(server.connections).toHaveLength(1);
      await im.connect();
      expect(server.connections).toHaveLength(2);
    },
  );

  it('reconnects with a fresh token after reason expired', async () => {
    let count = 0;
    const { server, clock, connected, entered } = await harness({
      ...fullDelays,
      getToken: () => `token-${++count}`,
    });
    const connection = await connected();
    const reconnecting = entered('reconnecting');
    connection.send({ type: 'session.closed', code: 'expired', reconnect: true });
    connection.close(1000);
    expect(await reconnecting).toMatchObject({ error: { code: 'expired' } });
    const again = entered('connected');
    clock.advance(500);
    expect((await server.nextConnection()).protocols).toContain('token-2');
    await again;
  });

  it('reconnects after the wait that comes with reason rate_limited, not before (IM-BUDGET-1)', async () => {
    let wake = (): void => {};
    const onWake = (onlineAgain: () => void) => {
      wake = onlineAgain;
      return () => {};
    };
    const { server, clock, connected, entered } = await harness({ environment: { onWake } });
    const connection = await connected();
    const reconnecting = entered('reconnecting');
    connection.send({ type: 'session.closed', code: 'rate_limited', reconnect: true, retryAfterMs: 90_000 });
    connection.close(1000);
    expect(await reconnecting).toMatchObject({
      error: { code: 'rate_limited', retryAfterMs: 90_000 },
      retryInMs: 90_000,
    });
    // What hurries an attempt after a lost connection must not hurry this one.
    wake();
    clock.advance(89_999);
    await settle();
    expect(server.connections).toHaveLength(1);
    const again = entered('connected');
    clock.advance(1);
    await again;
    expect(server.connections).toHaveLength(2);
  });

  it.each([1_800_000_000_000, undefined])(
    'is final with reason banned, and says until when: %s',
    async (until) => {
      const { server, connected, entered, clock } = await harness();
      const connection = await connected();
      const failed = entered('failed');
      connection.send({ type: 'session.closed', code: 'banned', reconnect: false, until });
      expect((await failed).error).toMatchObject({ code: 'banned', retryable: false, until });
      clock.advance(3_600_000);
      expect(server.connections).toHaveLength(1);
    },
  );

  it('reconnects when the session expires (IM-FAULT-16)', async () => {
    const { server, clock, connected, entered } = await harness(fullDelays);
    server.heartbeatIntervalMs = 10 ** 9;
    server.sessionEndsInMs = 60_000;
    await connected();
    const reconnecting = entered('reconnecting');
    clock.advance(60_000);
    expect(await reconnecting).toMatchObject({ error: { code: 'expired' } });
  });
});

describe('close', () => {
  it('ends the connection, rejects pending calls, and leaves no timers', async () => {
    const { im, clock, connected, changes } = await harness();
    const connection = await connected();
    im.close();
    await connection.closed;
    expect(changes.at(-1)).toEqual({ current: 'closed', previous: 'connected' });
    expect(clock.pendingMs).toEqual([]);
  });

  it('opens no socket afterwards if called while connecting', async () => {
    let give: (token: string) => void = () => {};
    const { im, server } = await harness({ getToken: () => new Promise((resolve) => (give = resolve)) });
    const connected = im.connect();
    im.close();
    await expect(connected).rejects.toMatchObject({ code: 'closed' });
    give('late');
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.connections).toHaveLength(0);
  });

  it('may be called by a listener', async () => {
    const { im, entered } = await harness();
    im.on('connection', ({ current }) => {
      if (current === 'syncing') im.close();
    });
    const closed = entered('closed');
    await expect(im.connect()).rejects.toMatchObject({ code: 'closed' });
    await closed;
  });

  it('can be followed by connect', async () => {
    const { im, connected } = await harness();
    await connected();
    im.close();
    await im.connect();
    expect(im.state).toBe('connected');
  });
});

it('keeps working when a listener throws', async () => {
  const errors: unknown[] = [];
  const logger = {
    debug: () => {},
    warn: () => {},
    error: (_: string, error: unknown) => errors.push(error),
  };
  const { im, connected } = await harness({ logger });
  im.on('connection', () => {
    throw new Error('of the app');
  });
  await connected();
  expect(errors).toHaveLength(3);
});

function options(server: { wsUrl: string; httpUrl: string }) {
  return { wsUrl: server.wsUrl, httpUrl: server.httpUrl, getToken: () => 'token' };
}
