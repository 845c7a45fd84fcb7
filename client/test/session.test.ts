import { describe, expect, it } from 'vitest';
import { message, seqs } from './support/builders.ts';
import { fullDelays, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

describe('heartbeats', () => {
  it('are sent only after the client was silent for the interval (IM-BEAT)', async () => {
    const { server, im, clock, connected, heardCount } = await harness();
    server.heartbeatIntervalMs = 60_000;
    const connection = await connected();
    clock.advance(59_000);
    await im.direct('bob').send({ type: 'text', text: 'not silent' }).acked;
    clock.advance(59_999);
    await settle();
    expect(connection.frames.map(({ action }) => action)).toEqual(['hello', 'sendMessage']);
    const beat = connection.next('heartbeat');
    clock.advance(1);
    await beat;
    // The frame after the reply proves that the reply has arrived.
    connection.push(message(2));
    await heardCount(2);
    const another = connection.next('heartbeat');
    clock.advance(60_000);
    await another;
    expect(im.state).toBe('connected');
  });

  it('end the session when no reply arrives in 10 s', async () => {
    const { server, clock, connected, entered } = await harness();
    server.scripts.set('heartbeat', () => undefined);
    const connection = await connected();
    const beat = connection.next('heartbeat');
    clock.advance(server.heartbeatIntervalMs);
    await beat;
    const reconnecting = entered('reconnecting');
    clock.advance(10_000);
    expect(await reconnecting).toMatchObject({ error: { code: 'disconnected', cause: { code: 'timeout' } } });
    await connection.closed;
  });

  it('do not end the session when pushes arrive but the reply is lost', async () => {
    const { server, clock, im, connected, heardCount } = await harness();
    server.scripts.set('heartbeat', () => undefined);
    const connection = await connected();
    const beat = connection.next('heartbeat');
    clock.advance(server.heartbeatIntervalMs);
    await beat;
    clock.wallClockJumpMs += 1;
    connection.push(message(1));
    await heardCount(1);
    clock.advance(10_000);
    await settle();
    expect(im.state).toBe('connected');
  });
});

describe('a dead session', () => {
  it('is noticed by a send without any answer, which is retried on the next session', async () => {
    const { server, im, clock, connected, entered } = await harness(fullDelays);
    const first = await connected();
    server.scripts.set('sendMessage', (frame) => {
      server.store(frame);
      return undefined;
    });
    const sent = im.direct('bob').send({ type: 'text', text: 'once' });
    await first.next('sendMessage');
    const reconnecting = entered('reconnecting');
    clock.advance(10_000);
    await reconnecting;
    server.scripts.clear();
    clock.advance(500);
    expect(await sent.acked).toMatchObject({ seq: 1 });
    expect(server.history).toHaveLength(1);
  });

  it('is noticed by `session_expired`, and the request is retried on the next session', async () => {
    const { server, im, clock, connected, entered } = await harness(fullDelays);
    await connected();
    server.scripts.set('sendMessage', ({ id }) => ({
      type: 'error',
      id,
      code: 'session_expired',
      message: 'the session has expired',
      retryable: false,
    }));
    const reconnecting = entered('reconnecting');
    const sent = im.direct('bob').send({ type: 'text', text: 'again' });
    expect(await reconnecting).toMatchObject({ error: { code: 'expired' } });
    expect(sent.state).toBe('pending');
    server.scripts.clear();
    clock.advance(500);
    await expect(sent.acked).resolves.toMatchObject({ seq: 1 });
  });
});

describe('a user whose budget is used up (IM-BUDGET-1)', () => {
  const refusal = { code: 'rate_limited', message: 'wait', retryable: true, retryAfterMs: 30_000 };

  it('is told how long to wait by the event `limited`, and the message is sent then', async () => {
    const { server, im, clock, connected } = await harness();
    const connection = await connected();
    const heard: unknown[] = [];
    im.on('limited', (event) => heard.push(event));
    server.scripts.set('sendMessage', ({ id }) => ({ type: 'error', id, ...refusal }));
    const sent = im.direct('bob').send({ type: 'text', text: 'wait' });
    await connection.next('sendMessage');
    // The reply to a later frame proves that the refusal has arrived.
    await im.presence(['bob']);
    expect(heard).toEqual([{ retryAfterMs: 30_000 }]);
    expect(sent.state).toBe('pending');
    server.scripts.clear();
    clock.advance(30_000);
    await expect(sent.acked).resolves.toMatchObject({ seq: 1 });
  });

  it('is told by an HTTP request, too, which rejects with `retryAfterMs`', async () => {
    const { server, im } = await harness();
    const heard: unknown[] = [];
    im.on('limited', (event) => heard.push(event));
    server.httpAnswers.set('/conversations', { status: 429, body: refusal });
    await expect(im.direct('bob').history()).rejects.toMatchObject({ retryAfterMs: 30_000 });
    expect(heard).toEqual([{ retryAfterMs: 30_000 }]);
  });

  it('sends no typing for as long as the refusal of one says', async () => {
    const { im, clock, connected } = await harness();
    const connection = await connected();
    const bob = im.direct('bob');
    const typed = () => connection.frames.filter(({ action }) => action === 'typing').length;
    bob.typing();
    await connection.next('typing');
    connection.send({ type: 'error', id: null, ...refusal });
    await im.presence(['bob']);
    clock.advance(29_999);
    bob.typing();
    await im.presence(['bob']);
    expect(typed()).toBe(1);
    clock.advance(3_001);
    bob.typing();
    await connection.next('typing');
    expect(typed()).toBe(2);
  });
});

describe('a route of the app’s own', () => {
  it('gets the fields of `request`, which resolves to its answer', async () => {
    const { server, im, connected } = await harness();
    const connection = await connected();
    server.scripts.set('translate', ({ id }) => ({ type: 'translated', id, text: 'salut' }));
    const answer = await im.request('translate', { text: 'hi', action: 'recall', id: '7' });
    const sent = await connection.next('translate');
    expect(sent).toEqual({ action: 'translate', id: expect.any(String), text: 'hi' });
    expect(answer).toEqual({ type: 'translated', id: sent.id, text: 'salut' });
  });

  it('can refuse a request, and so does a server without the route', async () => {
    const { server, im, connected } = await harness();
    await connected();
    const quota = { type: 'error', code: 'quota', message: 'ten a day', retryable: false };
    server.scripts.set('translate', ({ id }) => ({ ...quota, id }));
    await expect(im.request('translate')).rejects.toMatchObject({ name: 'RefusedError', code: 'quota' });
    await expect(im.request('nowhere')).rejects.toMatchObject({ code: 'unknown_action' });
  });

  it('that gives no answer in 10 s is a time-out, and the live connection stays', async () => {
    const { server, im, clock, connected, changes } = await harness();
    const connection = await connected();
    server.scripts.set('slow', () => undefined);
    const answer = im.request('slow').catch((error: unknown) => error);
    const { id } = await connection.next('slow');
    const probe = connection.next('heartbeat');
    clock.advance(10_000);
    expect(await answer).toMatchObject({ code: 'timeout', message: 'slow: no answer in 10000 ms' });
    await probe;
    const frame = new Promise((resolve) => im.on('frame', resolve));
    connection.send({ type: 'late', id });
    connection.send({ type: 'news' });
    expect(await frame).toEqual({ type: 'news' });
    expect(im.state).toBe('connected');
    expect(changes).toHaveLength(3);
  });

  it('rejects a request without a connection, or that loses it', async () => {
    const { server, im, connected } = await harness();
    await expect(im.request('slow')).rejects.toMatchObject({ code: 'disconnected' });
    const connection = await connected();
    server.scripts.set('slow', () => undefined);
    const answer = im.request('slow').catch((error: unknown) => error);
    await connection.next('slow');
    connection.cut();
    expect(await answer).toMatchObject({ code: 'disconnected' });
  });

  it('pushes frames of any type, as they are', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const frames: unknown[] = [];
    const both = new Promise<void>((resolve) => {
      im.on('frame', (frame) => {
        if (frames.push(frame) === 2) resolve();
      });
    });
    const pushes = [
      { type: 'ticker', id: '1', price: 7 },
      { type: 'toString', id: null },
    ];
    connection.push(message(1));
    for (const push of pushes) connection.send(push);
    await both;
    expect(frames).toEqual(pushes);
  });
});

describe('frames', () => {
  it('are ignored if they are the gateway’s own, of an unknown type, or not JSON (IM-FRAME-1, IM-FRAME-6)', async () => {
    const { im, connected, heard, heardCount } = await harness();
    const connection = await connected();
    connection.send({ message: 'Internal server error', connectionId: 'C1=', requestId: 'r' });
    connection.send({ type: 'from.the.future', id: '1' });
    connection.send({ type: 'toString' });
    for (const text of ['heartbeat', '', 'null', '[]', '{', '{"type":1}', '"messages"'])
      connection.send(text);
    connection.push(message(1));
    await heardCount(1);
    expect(seqs(heard)).toEqual([1]);
    expect(im.state).toBe('connected');
  });

  it.each(['Internal server error', 'Too Many Requests'])(
    'do not count as a reply if they are the gateway’s own, such as %s: the send is retried with the same clientMsgId (IM-FRAME-6)',
    async (text) => {
      const { server, im, clock, connected, heardCount } = await harness(fullDelays);
      const connection = await connected();
      server.scripts.set('sendMessage', () => ({ message: text, connectionId: 'C1=' }));
      const sent = im.direct('bob').send({ type: 'text', text: 'hi' });
      const first = await connection.next('sendMessage');
      clock.wallClockJumpMs += 1;
      // The frame after the gateway's proves that the gateway's has arrived.
      server.history.push(message(1));
      connection.push(message(1));
      await heardCount(2);
      server.scripts.clear();
      clock.advance(10_000);
      await settle();
      expect(im.state).toBe('connected');
      clock.advance(500);
      const second = await connection.next('sendMessage');
      expect(second).toMatchObject({ clientMsgId: first.clientMsgId, content: first.content });
      await sent.acked;
    },
  );

  it('are ignored if they come from an abandoned socket', async () => {
    const { server, clock, connected, entered, heard, heardCount } = await harness(fullDelays);
    const first = await connected();
    const reconnecting = entered('reconnecting');
    first.send({ type: 'session.closed', code: 'expired', reconnect: true });
    first.push(message(1));
    await reconnecting;
    const again = entered('connected');
    clock.advance(500);
    const second = await server.nextConnection();
    await again;
    second.push(message(1), message(2));
    await heardCount(2);
    expect(seqs(heard)).toEqual([1, 2]);
  });
});
