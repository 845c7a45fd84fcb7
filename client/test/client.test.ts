import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SystemContent } from '../../protocol/content.ts';
import { createClient, MessageView } from '../src/index.ts';
import { message, SERVER_TIME, seqs } from './support/builders.ts';
import { fullDelays, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const DM = 'dm:alice:bob';
const hi = { type: 'text', text: 'hi' } as const;

describe('sending', () => {
  it('emits the message at once, then its ack', async () => {
    const { im, connected, heard } = await harness();
    await connected();
    const states: string[] = [];
    im.direct('bob').on('state', ({ state, seq }) => states.push(`${state} ${seq}`));
    const sent = im.direct('bob').send(hi);
    expect(heard).toEqual([sent]);
    expect(sent).toMatchObject({
      state: 'pending',
      mine: true,
      from: 'alice',
      conversationId: DM,
      content: hi,
    });
    expect(await sent.acked).toMatchObject({ seq: 1, conversationId: DM, duplicate: false });
    expect(sent).toMatchObject({ state: 'sent', seq: 1, sentAt: SERVER_TIME });
    expect(states).toEqual(['sent 1']);
    expect(heard).toHaveLength(1);
  });

  it('works before connect, and keeps the order', async () => {
    const { im, server, connected, heard } = await harness();
    const conversation = im.direct('bob');
    const sent = ['a', 'b', 'c'].map((text) => conversation.send({ type: 'text', text }));
    expect(heard).toHaveLength(3);
    expect(sent[0]).toMatchObject({ conversationId: undefined, from: undefined });
    await connected();
    expect(seqs(await Promise.all(sent.map(({ acked }) => acked)))).toEqual([1, 2, 3]);
    expect(server.history.map(({ content }) => content)).toEqual(sent.map(({ content }) => content));
    expect(sent[0]).toMatchObject({ conversationId: DM, from: 'alice' });
  });

  it('emits a message once if its ack arrives before the first list of conversations', async () => {
    const acked = Promise.withResolvers<unknown>();
    const fetch: typeof globalThis.fetch = async (url, init) => {
      if (String(url).includes('/conversations')) await acked.promise;
      return globalThis.fetch(url, init);
    };
    const { im, connected, heard } = await harness({ environment: { fetch } });
    const sent = im.direct('bob').send(hi);
    acked.resolve(sent.acked);
    await connected();
    expect(heard).toEqual([sent]);
  });

  it('sends the content as it was at the time of the call', async () => {
    const { im, server, connected } = await harness();
    const content = { type: 'custom', data: { n: 1 } } as const;
    const changing = structuredClone(content) as { type: 'custom'; data: { n: number } };
    const sent = im.direct('bob').send(changing);
    changing.data.n = 2;
    await connected();
    await sent.acked;
    expect(server.history[0]?.content).toEqual(content);
  });

  it('retries after a reconnect if the ack was lost, and takes the duplicate’s ack (IM-SEND-2)', async () => {
    const { im, server, clock, connected, entered } = await harness(fullDelays);
    await connected();
    server.scripts.set('sendMessage', (frame, connection) => {
      server.store(frame);
      connection.cut();
      return undefined;
    });
    const sent = im.direct('bob').send(hi);
    await entered('reconnecting');
    server.scripts.clear();
    const next = im.direct('bob').send({ type: 'text', text: 'second' });
    clock.advance(500);
    expect(await sent.acked).toMatchObject({ seq: 1 });
    expect(await next.acked).toMatchObject({ seq: 2 });
    expect(server.history).toHaveLength(2);
  });

  it('recognizes its message if history shows it before the ack arrives', async () => {
    const { im, server, connected, heard, clock, entered } = await harness(fullDelays);
    const first = await connected();
    server.scripts.set('sendMessage', (frame) => {
      server.store(frame);
      return undefined;
    });
    const sent = im.direct('bob').send(hi);
    await first.next('sendMessage');
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    clock.advance(500);
    expect(await sent.acked).toMatchObject({ seq: 1 });
    expect(heard).toHaveLength(1);
  });

  it('rejects with a typed error that holds the server’s reason', async () => {
    const { im, server, connected } = await harness();
    await connected();
    server.scripts.set('sendMessage', ({ id }) => ({
      type: 'error',
      id,
      code: 'idempotency_conflict',
      message: 'other content',
      retryable: false,
    }));
    const sent = im.direct('bob').send(hi);
    await expect(sent.acked).rejects.toMatchObject({
      name: 'RefusedError',
      code: 'idempotency_conflict',
      retryable: false,
    });
    expect(sent.state).toBe('failed');
    server.scripts.clear();
    await im.direct('bob').retry(sent.clientMsgId);
    expect(sent.state).toBe('sent');
    await expect(im.direct('bob').retry(sent.clientMsgId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('fails pending messages when the connection fails for good', async () => {
    const { im, server, connected } = await harness();
    const connection = await connected();
    server.scripts.set('sendMessage', () => undefined);
    const sent = im.direct('bob').send(hi);
    await connection.next('sendMessage');
    connection.send({ type: 'session.closed', code: 'replaced', reconnect: false });
    await expect(sent.acked).rejects.toMatchObject({ code: 'replaced' });
  });
});

describe('receiving', () => {
  it('survives malformed frames, and shows the messages after a malformed one', async () => {
    const { connected, heard, heardCount } = await harness();
    const connection = await connected();
    for (const frame of [
      '<html>',
      'null',
      '5',
      '{"type":"messages"}',
      '{"type":"changed"}',
      '{"type":"read"}',
    ])
      connection.send(frame);
    connection.push(message(1, { content: null as never }), message(2));
    connection.send({ type: 'messages', messages: [null] });
    connection.push(message(3));
    await heardCount(2);
    expect(seqs(heard)).toEqual([2, 3]);
  });

  it.each([5, 'alice', null, {}, [[5]], undefined])(
    'is not held up by a system message whose users are malformed: %j',
    async (users) => {
      const { im, connected, heard, heardCount } = await harness();
      const connection = await connected();
      const errors: unknown[] = [];
      const view = new MessageView(im.direct('bob'));
      onTestFinished(() => view.close());
      const events = ['created', 'joined', 'left', 'removed', 'assigned'] as const;
      const broken = events.map((event, index) =>
        message(index + 1, {
          content: { type: 'system', event, by: 'bob', users } as unknown as SystemContent,
        }),
      );
      // The code that catches a listener's error reports it.
      vi.spyOn(console, 'error').mockImplementation((...told) => errors.push(told));
      connection.push(...broken, message(6));
      await heardCount(6);
      expect(seqs(heard)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(errors).toEqual([]);
    },
  );

  it('orders and dedupes pushes by seq (IM-PUSH-1)', async () => {
    const { connected, heard, heardCount } = await harness();
    const connection = await connected();
    connection.push(message(2), message(3));
    connection.push(message(1));
    connection.push(message(2), message(1), message(4));
    await heardCount(4);
    expect(seqs(heard)).toEqual([1, 2, 3, 4]);
    expect(heard[0]).toMatchObject({ state: 'sent', mine: false, from: 'bob', messageId: 'M1' });
  });

  it('emits pushes that arrive before `welcome` after the inbox (IM-FRAME-7)', async () => {
    const { server, connected, heard } = await harness();
    server.scripts.set('hello', (frame, connection) => {
      connection.push(message(2));
      return server.answerTo(frame, connection);
    });
    server.inbox = [{ messages: [message(1)], batch: 'b', more: false }];
    await connected();
    expect(seqs(heard)).toEqual([1, 2]);
  });

  it('reads a hole from history after 500 ms', async () => {
    const { server, clock, connected, heard, heardCount } = await harness();
    const connection = await connected();
    server.history.push(message(1), message(2), message(3));
    connection.push(message(1), message(3));
    await heardCount(1);
    clock.advance(500);
    await heardCount(3);
    expect(seqs(heard)).toEqual([1, 2, 3]);
  });

  it('emits messages from the user’s other devices, and those from this one only once (IM-SEND-5)', async () => {
    const { im, connected, heard, heardCount } = await harness();
    const connection = await connected();
    const sent = im.direct('bob').send(hi);
    await sent.acked;
    connection.push(
      message(1, { from: 'alice', clientMsgId: sent.clientMsgId }),
      message(2, { from: 'alice', clientMsgId: 'phone' }),
    );
    await heardCount(2);
    expect(heard.map(({ seq, mine }) => [seq, mine])).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  it('misses no message when a socket dies unnoticed (IM-HELLO-3)', async () => {
    const { server, clock, connected, entered, heard } = await harness(fullDelays);
    const first = await connected();
    // Pushed into the dead socket: the server counts them as delivered, so the inbox is empty.
    server.history.push(message(1), message(2));
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    const again = entered('connected');
    clock.advance(500);
    await again;
    expect(seqs(heard)).toEqual([1, 2]);
  });

  it('emits the event whether the conversation was opened by user or by id', async () => {
    const { im, connected, heardCount } = await harness();
    const early = im.conversation(DM);
    const told: string[] = [];
    early.on('message', () => told.push('early'));
    const connection = await connected();
    expect(im.direct('bob')).toBe(im.direct('bob'));
    expect(im.conversation('dm:alice:carol')).toBe(im.direct('carol'));
    const off = im.direct('bob').on('message', () => told.push('off'));
    off();
    off();
    connection.push(message(1));
    await heardCount(1);
    await settle();
    expect(told).toEqual(['early']);
  });
});

describe('history', () => {
  it('is paged, and works without a connection', async () => {
    const { im, server } = await harness();
    server.history.push(...[1, 2, 3, 4, 5].map((seq) => message(seq, { from: seq % 2 ? 'bob' : 'alice' })));
    const latest = await im.direct('bob').history({ limit: 2 });
    expect(latest).toMatchObject({
      hasMore: true,
      messages: [
        { seq: 4, mine: true },
        { seq: 5, mine: false },
      ],
    });
    const earlier = await im.direct('bob').history({ before: 4, limit: 10 });
    expect(seqs(earlier.messages)).toEqual([1, 2, 3]);
    expect(seqs((await im.conversation(DM).history({ after: 3 })).messages)).toEqual([4, 5]);
    expect(im.state).toBe('idle');
  });

  it('rejects with a typed error', async () => {
    const { im, server, clock } = await harness();
    for (const body of ['<html>', { status: 'login' }]) {
      server.httpAnswers.set(`/conversations/${DM}`, { status: 200, body });
      await expect(im.direct('bob').history()).rejects.toMatchObject({
        name: 'ForeignAnswerError',
        retryable: true,
      });
    }
    server.httpAnswers.set(`/conversations/${DM}`, {
      status: 400,
      body: {
        code: 'invalid_request',
        message: 'limit',
        retryable: false,
        issues: [{ path: 'limit', message: 'x' }],
      },
    });
    await expect(im.direct('bob').history({ limit: 1_000 })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'limit' }],
    });
    await server.stop();
    await expect(im.direct('bob').history()).rejects.toMatchObject({ code: 'network' });
    expect(clock.pendingMs).toEqual([]);
  });

  it('gives up after 10 s', async () => {
    const { clock } = await harness();
    const im = createClient({
      wsUrl: 'ws://x',
      httpUrl: 'http://x',
      getToken: () => 't',
      environment: { after: clock.after, nowMs: clock.nowMs, fetch: () => new Promise(() => {}) },
    });
    const history = im.conversation(DM).history();
    await settle();
    clock.advance(10_000);
    // The first request asks for the user id.
    await expect(history).rejects.toMatchObject({ code: 'timeout', retryable: true });
  });
});

it.each(['', 'a:b', 'x'.repeat(65)])('refuses %j as a user id', async (userId) => {
  const { im } = await harness();
  expect(() => im.direct(userId)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
});

it.each(['', 'bob', 'dm:bob', 'g:1'])('refuses %j as a conversation id', async (id) => {
  const { im } = await harness();
  expect(() => im.conversation(id)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
});

it("tells the time by the server's clock, whatever the device's clock does", async () => {
  const { im, clock, connected } = await harness();
  expect(im.serverNowMs()).toBe(clock.wallClockMs());
  await connected();
  expect(im.serverNowMs()).toBe(SERVER_TIME);
  clock.wallClockJumpMs = -3_600_000;
  clock.advance(1_000);
  expect(im.direct('bob').send({ type: 'text', text: 'now' }).sentAt).toBe(SERVER_TIME + 1_000);
});
