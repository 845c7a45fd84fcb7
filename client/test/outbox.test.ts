import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../protocol/codes.ts';
import { ERROR_CODES } from '../../protocol/codes.ts';
import type { Sent } from '../../protocol/frames.ts';
import {
  ClosedError,
  DisconnectedError,
  type ImError,
  RefusedError,
  TimeoutError,
} from '../src/model/errors.ts';
import { Outbox, type Sender, type Uploads } from '../src/outbox/outbox.ts';
import { OutgoingMessage } from '../src/outbox/outgoing-message.ts';
import type { SendFields } from '../src/transport/exchanges.ts';
import { fullJitterBackoff, type RetryPolicy } from '../src/transport/retry-policy.ts';
import { SERVER_TIME, message as stored } from './support/builders.ts';
import { ManualClock, settle } from './support/manual-clock.ts';

/** A session that the test answers, one request at a time. */
class FakeSender implements Sender {
  readonly requests: SendFields[] = [];
  readonly #open: { request: SendFields; resolve(sent: Sent): void; reject(error: ImError): void }[] = [];

  request(_action: 'sendMessage', request: SendFields): Promise<Sent> {
    this.requests.push(request);
    return new Promise((resolve, reject) => this.#open.push({ request, resolve, reject }));
  }

  get inFlight(): SendFields[] {
    return this.#open.map(({ request }) => request);
  }

  async ack(seq: number, parts: Partial<Sent> = {}): Promise<void> {
    const open = this.#open.shift();
    open?.resolve(sentOf(open.request, seq, parts));
    await settle();
  }

  async fail(error: ImError): Promise<void> {
    this.#open.shift()?.reject(error);
    await settle();
  }
}

function sentOf({ clientMsgId, ...target }: SendFields, seq: number, parts: Partial<Sent> = {}): Sent {
  const conversationId = 'conversationId' in target ? target.conversationId : '';
  return {
    clientMsgId,
    conversationId,
    messageId: `M${seq}`,
    seq,
    sentAt: SERVER_TIME,
    duplicate: false,
    ...parts,
  };
}

function refused(code: ErrorCode): RefusedError {
  return new RefusedError({ code, message: code, retryable: ERROR_CODES[code].retryable });
}

const WITH_BOB = {
  id: 'dm:alice:bob',
  target: { conversationId: 'dm:alice:bob' },
  userId: 'alice',
  readUpTo: 0,
};

function outgoing(
  id: string,
  conversationId: string | undefined = 'dm:alice:bob',
  states: string[] = [],
): OutgoingMessage {
  const destination = {
    id: conversationId,
    target: { conversationId: conversationId ?? '' },
    userId: 'alice',
    readUpTo: 0,
  };
  const content = { type: 'text', text: id } as const;
  const draft = { said: { clientMsgId: id, content }, writtenAtMs: 5 };
  return new OutgoingMessage(destination, draft, (message) => states.push(message.state));
}

let clock: ManualClock;
let sender: FakeSender;
let sent: Sent[];
let outbox: Outbox;
/** What the store has. */
let kept: string[];

beforeEach(() => {
  kept = [];
  clock = new ManualClock();
  sender = new FakeSender();
  sent = [];
  outbox = outboxWith(() => 100);
});

function outboxWith(nextDelayMs: RetryPolicy['nextDelayMs'], environment = clock): Outbox {
  return new Outbox({
    policy: { nextDelayMs },
    environment,
    uploads,
    journal: {
      keep: ({ clientMsgId }) => {
        kept = [...kept.filter((id) => id !== clientMsgId), clientMsgId];
      },
      forget: ({ clientMsgId }) => {
        kept = kept.filter((id) => id !== clientMsgId);
      },
    },
    onSent: (_, answer) => sent.push(answer),
  });
}

/** No message here has files. */
const uploads: Uploads = {
  upload: async () => {},
  mend: async () => false,
};

const ids = (requests: readonly SendFields[]): string[] => requests.map(({ clientMsgId }) => clientMsgId);

describe('outbox', () => {
  it('holds messages until there is a session', async () => {
    const message = outgoing('a');
    outbox.add(message);
    expect(message.state).toBe('pending');
    outbox.resume(sender);
    expect(ids(sender.requests)).toEqual(['a']);
  });

  it('sends one message per conversation at a time (IM-SEND-4)', async () => {
    outbox.resume(sender);
    for (const id of ['a', 'b', 'c']) outbox.add(outgoing(id));
    expect(ids(sender.requests)).toEqual(['a']);
    await sender.ack(1);
    expect(ids(sender.requests)).toEqual(['a', 'b']);
    await sender.ack(2);
    expect(ids(sender.requests)).toEqual(['a', 'b', 'c']);
  });

  it('sends messages of different conversations at the same time', () => {
    outbox.resume(sender);
    outbox.add(outgoing('a', 'dm:alice:bob'));
    outbox.add(outgoing('b', 'dm:alice:carol'));
    expect(ids(sender.inFlight)).toEqual(['a', 'b']);
  });

  it('sets the state and the server’s fields of an acknowledged message (IM-SEND-1)', async () => {
    const states: string[] = [];
    const message = outgoing('a', 'dm:alice:bob', states);
    outbox.resume(sender);
    outbox.add(message);
    expect(message).toMatchObject({ state: 'pending', seq: undefined, sentAt: 5 });
    await sender.ack(7);
    expect(await message.acked).toMatchObject({ seq: 7, messageId: 'M7' });
    expect(message).toMatchObject({ state: 'sent', seq: 7, messageId: 'M7', sentAt: SERVER_TIME });
    expect(states).toEqual(['sent']);
    expect(sent).toHaveLength(1);
  });

  it('treats a duplicate’s ack as success (IM-SEND-2)', async () => {
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    await sender.ack(1, { duplicate: true });
    expect(await message.acked).toMatchObject({ seq: 1, duplicate: true });
  });

  it.each([
    ['unavailable', refused('unavailable')],
    ['internal', refused('internal')],
    ['rate_limited', refused('rate_limited')],
    ['a timeout, or only the gateway’s own frame (IM-FRAME-6)', new TimeoutError('sendMessage', 10_000)],
  ])('sends the same message again after %s (IM-SEND-1)', async (_, error) => {
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    outbox.add(outgoing('b'));
    for (let attempt = 1; attempt <= 3; attempt++) {
      await sender.fail(error);
      expect(sender.inFlight).toEqual([]);
      clock.advance(100);
    }
    expect(ids(sender.requests)).toEqual(['a', 'a', 'a', 'a']);
    const [first, ...repeats] = sender.requests;
    expect(first?.resend).toBeUndefined();
    for (const repeat of repeats) expect(repeat).toEqual({ ...first, resend: true });
    await sender.ack(1);
    expect(message.state).toBe('sent');
    expect(ids(sender.inFlight)).toEqual(['b']);
  });

  it('waits as long as `rate_limited` says, and keeps the order (IM-BUDGET-1, IM-SEND-4)', async () => {
    outbox = outboxWith(fullJitterBackoff().nextDelayMs);
    outbox.resume(sender);
    for (const id of ['a', 'b']) outbox.add(outgoing(id));
    const body = { code: 'rate_limited', message: 'wait', retryable: true, retryAfterMs: 60_000 } as const;
    await sender.fail(new RefusedError(body));
    outbox.add(outgoing('c'));
    clock.advance(59_999);
    expect(sender.inFlight).toEqual([]);
    clock.advance(1);
    await sender.ack(1);
    await sender.ack(2);
    await sender.ack(3);
    expect(ids(sender.requests)).toEqual(['a', 'a', 'b', 'c']);
  });

  it('fails the message when the retry policy gives up', async () => {
    outbox = outboxWith(({ attempt }) => (attempt < 1 ? 0 : null));
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    await sender.fail(refused('internal'));
    clock.advance(0);
    await sender.fail(refused('internal'));
    await expect(message.acked).rejects.toMatchObject({ code: 'internal', retryable: true });
  });

  it('sends again on the next session, in order (IM-SEND-2)', async () => {
    outbox.resume(sender);
    const message = outgoing('a');
    outbox.add(message);
    outbox.add(outgoing('b'));
    outbox.pause();
    await sender.fail(new DisconnectedError());
    expect(message.state).toBe('pending');
    const next = new FakeSender();
    outbox.resume(next);
    expect(ids(next.requests)).toEqual(['a']);
    await next.ack(1, { duplicate: true });
    expect(ids(next.requests)).toEqual(['a', 'b']);
    expect(next.requests[0]).toEqual({ ...sender.requests[0], resend: true });
  });

  it('does not retry on a session that has disconnected', async () => {
    outbox.resume(sender);
    outbox.add(outgoing('a'));
    await sender.fail(new DisconnectedError());
    expect(sender.requests).toHaveLength(1);
  });

  const finalCodes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => !ERROR_CODES[code].retryable);
  it.each(finalCodes)('rejects with `%s` and continues with the next message', async (code) => {
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    outbox.add(outgoing('b'));
    await sender.fail(refused(code));
    await expect(message.acked).rejects.toMatchObject({ code, retryable: ERROR_CODES[code].retryable });
    expect(message).toMatchObject({ state: 'failed', error: { code } });
    expect(ids(sender.inFlight)).toEqual(['b']);
  });

  it('treats the same id in another conversation as another message (IM-SEND-2)', async () => {
    const [toBob, toCarol] = [outgoing('a'), outgoing('a', 'dm:alice:carol')];
    outbox.resume(sender);
    outbox.add(toBob);
    outbox.add(toCarol);
    await sender.fail(refused('forbidden'));
    await sender.fail(refused('forbidden'));
    expect(outbox.discard(WITH_BOB, 'a')).toBe(toBob);
    expect(outbox.has(WITH_BOB, 'a')).toBe(false);
    void outbox.retry(toCarol.destination, 'a');
    expect(sender.inFlight).toMatchObject([{ clientMsgId: 'a', conversationId: 'dm:alice:carol' }]);
    expect(outbox.claim(stored(4, { clientMsgId: 'a', from: 'alice' }))).toBe(false);
    await sender.ack(1);
    expect([toBob.state, toCarol.state]).toEqual(['failed', 'sent']);
  });

  it('sends a failed message again on retry, with the same id', async () => {
    const states: string[] = [];
    const message = outgoing('a', 'dm:alice:bob', states);
    outbox.resume(sender);
    outbox.add(message);
    await sender.fail(refused('forbidden'));
    const acked = outbox.retry(WITH_BOB, 'a');
    expect(message.acked).toBe(acked);
    await sender.ack(1);
    expect(await acked).toMatchObject({ seq: 1 });
    expect(states).toEqual(['failed', 'pending', 'sent']);
    expect(ids(sender.requests)).toEqual(['a', 'a']);
    expect(outbox.retry(WITH_BOB, 'a')).toBeUndefined();
  });

  it('fails all pending messages when the connection has ended for good', async () => {
    outbox.resume(sender);
    const messages = ['a', 'b'].map((id) => outgoing(id));
    for (const message of messages) outbox.add(message);
    outbox.failAll(new ClosedError());
    await sender.fail(new DisconnectedError());
    for (const message of messages) await expect(message.acked).rejects.toMatchObject({ code: 'closed' });
    expect(ids(sender.requests)).toEqual(['a']);
  });

  it('recognizes its message when it arrives before the ack', async () => {
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    expect(outbox.claim(stored(4, { clientMsgId: 'a', from: 'alice' }))).toBe(true);
    expect(message).toMatchObject({ state: 'sent', seq: 4 });
    expect(outbox.claim(stored(4, { clientMsgId: 'a', from: 'alice' }))).toBe(false);
    outbox.add(outgoing('b'));
    await sender.ack(4, { duplicate: true });
    expect(ids(sender.inFlight)).toEqual(['b']);
    await sender.ack(5);
    expect(sender.inFlight).toEqual([]);
  });

  it('repeats a message that it has found in the history until its ack, as who stored it may have told nobody (IM-SEND-1)', async () => {
    const states: string[] = [];
    const [message, next] = [outgoing('a', 'dm:alice:bob', states), outgoing('b')];
    outbox.resume(sender);
    outbox.add(message);
    outbox.add(next);
    outbox.claim(stored(4, { clientMsgId: 'a', from: 'alice' }));
    expect(await message.acked).toMatchObject({ seq: 4 });
    expect([outbox.messagesOf(WITH_BOB), outbox.has(WITH_BOB, 'a')]).toEqual([[next], true]);
    await sender.fail(new TimeoutError('sendMessage', 10_000));
    clock.advance(60_000);
    await settle();
    await sender.fail(new DisconnectedError());
    outbox.resume(sender);
    expect(sender.requests.map(({ clientMsgId, resend }) => [clientMsgId, resend])).toEqual([
      ['a', undefined],
      ['a', true],
      ['a', true],
    ]);
    expect(kept).toEqual(['a', 'b']);
    await sender.ack(4, { duplicate: true });
    expect(ids(sender.inFlight)).toEqual(['b']);
    await sender.ack(5);
    expect([kept, outbox.has(WITH_BOB, 'a')]).toEqual([[], false]);
    expect([states, sent.map(({ seq }) => seq)]).toEqual([['sent'], [4, 5]]);
  });

  it.each([
    ['is refused', () => sender.fail(refused('forbidden'))],
    ['finds the connection ended', async () => outbox.failAll(new ClosedError())],
  ])('keeps a message sent that it has found in the history if the repeat %s', async (_, end) => {
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    outbox.claim(stored(4, { clientMsgId: 'a', from: 'alice' }));
    await end();
    expect(message).toMatchObject({ state: 'sent', error: undefined });
    outbox.reopen();
    outbox.resume(sender);
    expect(ids(sender.requests)).toEqual(['a']);
  });

  it('turns a failed message into a sent one when the server turns out to have it', async () => {
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    outbox.failAll(new ClosedError());
    outbox.claim(stored(4, { clientMsgId: 'a', from: 'alice' }));
    expect(message.state).toBe('sent');
    expect(await message.acked).toMatchObject({ seq: 4 });
  });

  it('repeats also a message that had failed, once', async () => {
    outbox = outboxWith(() => null);
    const message = outgoing('a');
    outbox.resume(sender);
    outbox.add(message);
    await sender.fail(refused('unavailable'));
    await expect(message.acked).rejects.toMatchObject({ code: 'unavailable' });
    outbox.claim(stored(4, { clientMsgId: 'a', from: 'alice' }));
    expect(sender.inFlight).toMatchObject([{ clientMsgId: 'a', resend: true }]);
    await sender.fail(refused('unavailable'));
    expect([message.state, sender.inFlight]).toEqual(['sent', []]);
  });

  it.each([
    ['from another user', { from: 'bob' }],
    ['in another conversation', { from: 'alice', conversationId: 'dm:alice:carol' }],
  ])('does not claim a message %s', (_, parts) => {
    outbox.add(outgoing('a'));
    expect(outbox.claim(stored(4, { clientMsgId: 'a', ...parts }))).toBe(false);
  });

  it.each([
    ['a', 16_384 - 25],
    ['é', (16_384 - 25) / 2],
    ['👍', (16_384 - 25) / 4],
  ])(
    'refuses more than 16,384 bytes of %s, for which the gateway would close the socket (IM-FRAME-5)',
    async (character, times) => {
      const destination = { id: 'dm:alice:bob', target: { to: 'bob' }, userId: 'alice', readUpTo: 0 };
      const write = (text: string) => {
        const said = { clientMsgId: text, content: { type: 'text', text } as const };
        return new OutgoingMessage(destination, { said, writtenAtMs: 5 }, () => {});
      };
      const fits = write(character.repeat(Math.floor(times)));
      const tooLong = write(character.repeat(Math.floor(times) + 1));
      outbox.resume(sender);
      outbox.add(tooLong);
      await expect(tooLong.acked).rejects.toMatchObject({ code: 'payload_too_large', retryable: false });
      outbox.add(fits);
      expect(ids(sender.requests)).toEqual([fits.clientMsgId]);
    },
  );

  it('refuses a short message whose mentions would make the gateway close the socket (IM-FRAME-5)', async () => {
    const destination = { id: 'dm:alice:bob', target: { to: 'bob' }, userId: 'alice', readUpTo: 0 };
    const mentions = Array.from({ length: 5_000 }, (_, index) => `u${index}`);
    const said = { clientMsgId: 'a', content: { type: 'text', text: 'a' } as const, mentions };
    const crowd = new OutgoingMessage(destination, { said, writtenAtMs: 5 }, () => {});
    outbox.resume(sender);
    outbox.add(crowd);
    await expect(crowd.acked).rejects.toMatchObject({ code: 'payload_too_large', retryable: false });
    expect(sender.requests).toEqual([]);
  });

  it('stores every message once and in order while requests and acks are lost (IM-SEND-2, IM-SEND-4)', async () => {
    type Fate = 'ack' | 'lostBefore' | 'lostAfter' | 'errorBefore' | 'errorAfter' | 'disconnectAfter';
    const fates = fc.constantFrom<Fate>(
      'ack',
      'lostBefore',
      'lostAfter',
      'errorBefore',
      'errorAfter',
      'disconnectAfter',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fates, { maxLength: 25 }),
        fc.integer({ min: 1, max: 6 }),
        async (plan, count) => {
          const history: string[] = [];
          const time = new ManualClock();
          const box = outboxWith(() => 10, time);
          const server: Sender = {
            request: async (_action, request) => {
              const fate = plan.shift() ?? 'ack';
              const kept = fate !== 'lostBefore' && fate !== 'errorBefore';
              const duplicate = history.includes(request.clientMsgId);
              if (kept && !duplicate) history.push(request.clientMsgId);
              if (fate === 'ack')
                return sentOf(request, history.indexOf(request.clientMsgId) + 1, { duplicate });
              if (fate === 'disconnectAfter') throw new DisconnectedError();
              throw fate.startsWith('lost') ? new TimeoutError('sendMessage', 10_000) : refused('internal');
            },
          };
          const messages = Array.from({ length: count }, (_, index) => outgoing(`m${index}`));
          for (const message of messages) box.add(message);
          for (let round = 0; round < 80 && messages.some(({ state }) => state === 'pending'); round++) {
            box.resume(server);
            await settle();
            time.advance(10);
          }
          const written = messages.map(({ clientMsgId }) => clientMsgId);
          expect(history).toEqual(written);
          expect(messages.map(({ state, seq }) => [state, seq])).toEqual(
            written.map((_, index) => ['sent', index + 1]),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});
