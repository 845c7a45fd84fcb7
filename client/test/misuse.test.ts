import { describe, expect, it } from 'vitest';
import { type ClientOptions, createClient, memoryStore, type SentContent } from '../src/index.ts';
import { PollingSocket } from '../src/polling/polling-socket.ts';
import { message, oldMessage, seqs } from './support/builders.ts';
import { fullDelays, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const DM = 'dm:alice:bob';
const GOOD: ClientOptions = {
  wsUrl: 'wss://x.execute-api.eu-central-1.amazonaws.com/prod',
  httpUrl: 'https://y.execute-api.eu-central-1.amazonaws.com',
  getToken: () => 't',
};

/** A client whose warnings are kept. */
async function warned(options: Partial<ClientOptions> = {}) {
  const warnings: string[] = [];
  const logger = { debug: () => {}, warn: (text: string) => warnings.push(text), error: () => {} };
  return { warnings, ...(await harness({ ...fullDelays, logger, ...options })) };
}

describe('createClient', () => {
  it.each<[string, object | undefined, string]>([
    ['no options', undefined, 'wsUrl must start with wss://, not be undefined'],
    ['empty options', {}, 'wsUrl must start with wss://, not be undefined'],
    [
      'https: in wsUrl',
      { ...GOOD, wsUrl: 'https://im.example/prod' },
      'wsUrl must start with wss://, not be https://im.example/prod',
    ],
    [
      'no stage on a host of API Gateway',
      { ...GOOD, wsUrl: 'wss://x.execute-api.eu-central-1.amazonaws.com/' },
      'wsUrl must end with a stage, such as /prod: wss://x.execute-api.eu-central-1.amazonaws.com/',
    ],
    [
      'wss: in httpUrl',
      { ...GOOD, httpUrl: GOOD.wsUrl },
      `httpUrl must start with https://, not be ${GOOD.wsUrl}`,
    ],
    ['no httpUrl', { ...GOOD, httpUrl: undefined }, 'httpUrl must start with https://, not be undefined'],
    ['a token in place of getToken', { ...GOOD, getToken: 'ey' }, 'getToken must be a function'],
  ])('says what is wrong with %s', (_, options, text) => {
    expect(() => createClient(options as ClientOptions)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: `createClient: ${text}` }),
    );
  });

  it.each([GOOD.wsUrl, 'ws://127.0.0.1:8787/prod', 'wss://chat.example', 'wss://chat.example/?v=1'])(
    'accepts %s as wsUrl',
    (wsUrl) => {
      expect(createClient({ ...GOOD, wsUrl }).state).toBe('idle');
    },
  );
});

describe('a connection that can’t be made', () => {
  it('fails at once where there is no WebSocket, and names the option that helps', async () => {
    const { im } = await harness({ environment: { WebSocket: undefined } });
    await expect(im.connect()).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'there is no WebSocket: use Node 22, or give environment.WebSocket',
    });
    expect(im.state).toBe('failed');
  });

  it('fails at once if the URL can’t be one, and names it', async () => {
    const { server } = await harness();
    const im = createClient({ ...GOOD, wsUrl: 'ws://no host', httpUrl: server.httpUrl });
    await expect(im.connect()).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'no WebSocket can be opened to ws://no host',
      cause: { name: 'SyntaxError' },
    });
  });

  it('names the URL and the cause, and warns once after three failed attempts', async () => {
    const { im, server, clock, entered, warnings } = await warned();
    const { wsUrl, httpUrl } = server;
    await server.stop();
    void im.connect();
    for (const delayMs of [500, 1_000, 2_000, 4_000]) {
      const { error } = await entered('reconnecting');
      expect(error).toMatchObject({ code: 'disconnected', message: `could not connect to ${wsUrl}` });
      clock.advance(delayMs);
    }
    expect(warnings).toEqual([`no connection after 3 attempts: could not connect to ${wsUrl}`]);
    await expect(im.direct('bob').history()).rejects.toMatchObject({
      message: `could not reach ${httpUrl}/session?deviceId=device`,
      cause: expect.any(TypeError),
    });
  });

  it('names a wrong httpUrl, with status and first line of the answer', async () => {
    const { im, server, clock, warnings } = await warned();
    server.httpAnswers.set('/conversations', { status: 404, body: '<h1>Not found</h1>\n<p>nginx</p>' });
    const text = `GET ${server.httpUrl}/conversations?limit=100 answered 404: <h1>Not found</h1>`;
    const failures: (string | undefined)[] = [];
    const three = new Promise<void>((resolve) => {
      im.on('connection', ({ retryInMs, error }) => {
        if (retryInMs === undefined) return;
        if (failures.push(error?.message) === 4) resolve();
        void settle().then(() => clock.advance(retryInMs));
      });
    });
    void im.connect();
    await three;
    expect(failures).toEqual([text, text, text, text]);
    expect(warnings).toEqual([`no connection after 3 attempts: ${text}`]);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'getToken: no token'],
    ['an empty string', '', 'getToken: no token'],
    ['a whole header', 'Bearer ey.secret', 'getToken: not a JWT'],
    ['JSON', '{"token":"ey.secret"}', 'getToken: not a JWT'],
    ['an object', { token: 'ey.secret' }, 'getToken: not a JWT'],
  ])('is tried again, and says so, when getToken returns %s', async (_, token, text) => {
    let given = token;
    const { im, clock, changes, entered, warnings } = await warned({ getToken: async () => given as string });
    const connected = im.connect();
    for (const delayMs of [500, 1_000, 2_000]) {
      expect((await entered('reconnecting')).error).toMatchObject({ code: 'network', message: text });
      if (delayMs === 2_000) given = 'ey.good';
      clock.advance(delayMs);
    }
    await connected;
    expect(warnings).toEqual([`no connection after 3 attempts: ${text}`]);
    expect(JSON.stringify([changes, warnings])).not.toContain('secret');
  });

  it.each<[string, ClientOptions['getToken'], string]>([
    [
      'throws',
      () => {
        throw new TypeError('fetch failed');
      },
      'getToken: fetch failed',
    ],
    ['never settles', () => new Promise(() => {}), 'getToken: no answer in 30000 ms'],
  ])('is tried again when getToken %s', async (_, getToken, text) => {
    const { im, clock, entered } = await warned({ getToken });
    const reconnecting = entered('reconnecting');
    void im.connect();
    clock.advance(30_000);
    expect((await reconnecting).error).toMatchObject({ message: text, retryable: true });
  });
});

describe('send', () => {
  const circular = { type: 'custom', data: {} };
  circular.data = circular;

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'hi'],
    ['an object without a type', { text: 'hi' }],
    ['what JSON can’t hold', circular],
  ])('refuses %s, emits no message, and goes on with the next', async (_, content) => {
    const { im, server, heard, connected } = await harness();
    await connected();
    const broken = im.direct('bob').send(content as SentContent);
    await expect(broken.acked).rejects.toMatchObject({ code: 'invalid_request', retryable: false });
    expect(broken).toMatchObject({ state: 'failed', error: { code: 'invalid_request' } });
    await im.direct('bob').send({ type: 'text', text: 'hi' }).acked;
    expect([server.history.length, heard.length]).toEqual([1, 1]);
  });

  it('fails at once after close, is kept by the store, and waits again after connect', async () => {
    const store = memoryStore();
    const { im, server, connected } = await harness({ store });
    await connected();
    im.close();
    const late = im.direct('bob').send({ type: 'text', text: 'late' });
    await expect(late.acked).rejects.toMatchObject({ code: 'closed' });
    expect(late.state).toBe('failed');
    expect(await store.unsentCount()).toBe(1);
    const connecting = im.connect();
    const waiting = im.direct('bob').send({ type: 'text', text: 'waits' });
    expect(waiting.state).toBe('pending');
    await Promise.all([connecting, waiting.acked]);
    await im.direct('bob').retry(late.clientMsgId);
    expect(server.history.map(({ content }) => content)).toMatchObject([{ text: 'waits' }, { text: 'late' }]);
  });

  it('fails with the connection’s error if that has failed for good', async () => {
    const { im } = await harness({ environment: { WebSocket: undefined } });
    await im.connect().catch(() => {});
    const sent = im.direct('bob').send({ type: 'text', text: 'hi' });
    await expect(sent.acked).rejects.toMatchObject({ message: expect.stringContaining('Node 22') });
  });
});

describe('sendFile', () => {
  it.each<[string, unknown]>([
    ['a path', '/tmp/x'],
    ['a list of paths', ['/tmp/x']],
    ['bytes', new Uint8Array(20)],
    ['nothing', undefined],
    ['a source whose data is a path', { data: '/tmp/x' }],
    ['a source without data', { data: null }],
  ])('refuses %s, and says what it takes', async (_, files) => {
    const { im, heard, connected } = await harness();
    await connected();
    const sent = im.direct('bob').sendFile(files as Blob);
    await expect(sent.acked).rejects.toMatchObject({
      code: 'invalid_request',
      message:
        'sendFile: takes a File, a Blob, or { data } with one of them or a { uri, size }, no path and no bytes',
    });
    expect(heard).toEqual([]);
  });
});

describe('markRead', () => {
  it('beyond the last message means the last message', async () => {
    const { im, server, connected, heardCount } = await harness();
    server.history.push(oldMessage(1), oldMessage(2));
    const connection = await connected();
    const bob = im.conversation(DM);
    bob.markRead(999);
    expect(await connection.next('read')).toMatchObject({ seq: 2 });
    connection.push(message(3));
    await heardCount(1);
    await settle();
    expect(im.conversations()).toMatchObject([{ readSeq: 2, unread: 1 }]);
    bob.markRead(3);
    expect(await connection.next('read')).toMatchObject({ seq: 3 });
  });

  it('of a message that was not sent yet does nothing', async () => {
    const { im, server, connected } = await harness();
    server.history.push(oldMessage(1), oldMessage(2));
    const connection = await connected();
    const bob = im.conversation(DM);
    for (const seq of [undefined, Number.NaN]) bob.markRead(seq as number);
    expect(im.conversations()).toMatchObject([{ readSeq: 0, unread: 2 }]);
    bob.markRead(1);
    expect(await connection.next('read')).toMatchObject({ seq: 1 });
    expect(connection.frames.filter(({ action }) => action === 'read')).toHaveLength(1);
  });

  it('reaches a message that only a page of history has shown', async () => {
    const { im, server, connected } = await harness();
    server.history.push(oldMessage(1));
    const connection = await connected();
    server.history.push(message(2));
    const { messages } = await im.direct('bob').history();
    expect(seqs(messages)).toEqual([1, 2]);
    im.direct('bob').markRead(2);
    expect(await connection.next('read')).toMatchObject({ seq: 2 });
  });

  it('that the server refuses does not hold back a lower one', async () => {
    const { im, server, connected } = await harness();
    server.scripts.set('read', ({ id }) => ({
      ...{ type: 'error', id, code: 'invalid_request', message: 'no', retryable: false },
    }));
    im.direct('bob').markRead(999);
    const connection = await connected();
    expect(await connection.next('read')).toMatchObject({ seq: 999 });
    await im.presence(['bob']);
    server.scripts.delete('read');
    im.direct('bob').markRead(1);
    expect(await connection.next('read')).toMatchObject({ seq: 1 });
  });
});

it('polls with a URL class that can’t read a query, such as React Native’s', async () => {
  const { URL } = globalThis;
  globalThis.URL = class {
    get searchParams(): never {
      throw new Error('URLSearchParams.get is not implemented');
    }
  } as unknown as typeof URL;
  try {
    const asked: string[] = [];
    const socket = new PollingSocket({
      url: 'wss://chat.example/prod?v=1&deviceId=my.phone&replaces=x',
      protocols: [],
      httpUrl: 'https://chat.example',
      fetch: async (url) => {
        asked.push(url);
        return new Response('', { status: 503 });
      },
      forMs: 60_000,
      nowMs: () => 0,
    });
    const closed = new Promise<void>((resolve) => {
      socket.onmessage = () => resolve();
    });
    socket.send(JSON.stringify({ action: 'hello', id: '1' }));
    await closed;
    socket.close();
    expect(asked).toEqual(['https://chat.example/session?deviceId=my.phone']);
  } finally {
    globalThis.URL = URL;
  }
});
