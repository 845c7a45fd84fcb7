import { beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../protocol/frames.ts';
import type { Conversation, HistoryBody } from '../../protocol/http.ts';
import { NetworkError, RefusedError } from '../src/model/errors.ts';
import { ServerClock } from '../src/support/server-clock.ts';
import { MessageSync } from '../src/sync/message-sync.ts';
import { listed, message, oldMessage, SERVER_TIME, seqs } from './support/builders.ts';
import { ManualClock, settle } from './support/manual-clock.ts';

const DM = 'dm:alice:bob';

/** The server's history, with separate heads so that there can be holes. */
class FakeHttp {
  messages: Message[] = [];
  heads = new Map<string, number>();
  reads: { conversationId: string; after: number }[] = [];
  failWith: Error | undefined;
  pageSize = 100;

  store(...messages: Message[]): void {
    this.messages.push(...messages);
    for (const { conversationId, seq } of messages)
      this.heads.set(conversationId, Math.max(seq, this.heads.get(conversationId) ?? 0));
  }

  list(): Conversation[] {
    return [...this.heads].map(([id, head]) => listed(this.messages, id, head));
  }

  async history(conversationId: string, range: { after?: number; before?: number }): Promise<HistoryBody> {
    const { after = 0, before = Number.POSITIVE_INFINITY } = range;
    this.reads.push({ conversationId, after });
    if (this.failWith !== undefined) throw this.failWith;
    const found = this.messages
      .filter(({ seq, ...stored }) => stored.conversationId === conversationId && seq > after && seq < before)
      .sort((a, b) => a.seq - b.seq);
    const messages = found.slice(0, this.pageSize);
    return { messages, head: this.heads.get(conversationId) ?? 0, hasMore: messages.length < found.length };
  }
}

let http: FakeHttp;
let clock: ManualClock;
let emitted: Message[];
let claimed: string[];
let gaps: string[];
let sync: MessageSync;
let serverClock: ServerClock;

beforeEach(() => {
  http = new FakeHttp();
  clock = new ManualClock();
  emitted = [];
  claimed = [];
  gaps = [];
  serverClock = new ServerClock(clock);
  sync = new MessageSync({
    clock: serverClock,
    http,
    environment: clock,
    logger: { debug: () => {}, warn: () => {}, error: () => {} },
    outbox: { claim: ({ clientMsgId }) => claimed.includes(clientMsgId) },
    incoming: {
      changed: () => {},
      message: (received) => emitted.push(received),
      gap: (_, { from, to, state }) => gaps.push(`${from}-${to} ${state}`),
      isJoining: ({ content }) => content.type === 'system' && content.event === 'joined',
    },
  });
});

/** A device that was connected and has everything up to `http`'s heads. */
async function upToDate(): Promise<void> {
  serverClock.learn(SERVER_TIME);
  await sync.begin(http.list(), SERVER_TIME);
  sync.release();
}

async function wait(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

describe('message sync with a hole', () => {
  beforeEach(upToDate);

  it('makes no request when a late push fills the hole within 500 ms', async () => {
    sync.push([message(2)]);
    await wait(499);
    sync.push([message(1)]);
    await wait(60_000);
    expect(seqs(emitted)).toEqual([1, 2]);
    expect(http.reads).toEqual([]);
  });

  it('reads the hole from history after 500 ms', async () => {
    http.store(message(1), message(2));
    sync.push([message(2)]);
    await wait(499);
    expect(emitted).toEqual([]);
    await wait(1);
    expect(seqs(emitted)).toEqual([1, 2]);
    expect(http.reads).toEqual([{ conversationId: DM, after: 0 }]);
  });

  it('emits later messages after a second and opens a gap, which a slow sender can fill (IM-SEND-3)', async () => {
    http.store(message(2));
    sync.push([message(2)]);
    await wait(999);
    expect([seqs(emitted), gaps]).toEqual([[], []]);
    await wait(1);
    sync.push([message(3)]);
    expect([seqs(emitted), gaps]).toEqual([[2, 3], ['1-1 open']]);
    http.store(message(1));
    await wait(8_000);
    expect(seqs(emitted)).toEqual([2, 3, 1]);
    expect(gaps).toEqual(['1-1 open', '1-1 filled']);
  });

  it('fills a gap from a late push', async () => {
    sync.push([message(4)]);
    await wait(1_000);
    sync.push([message(2)]);
    sync.push([message(3), message(1)]);
    expect(seqs(emitted)).toEqual([4, 2, 3, 1]);
    expect(gaps).toEqual(['1-3 open', '1-3 filled']);
    http.reads = [];
    await wait(60_000);
    expect(http.reads).toEqual([]);
  });

  it('declares the hole void when history lacks it 15 s after it was noticed (IM-HELLO-3)', async () => {
    http.store(message(2));
    sync.push([message(2)]);
    for (let waitedMs = 0; waitedMs < 14_900; waitedMs += 100) await wait(100);
    expect(gaps).toEqual(['1-1 open']);
    await wait(100);
    expect(gaps).toEqual(['1-1 open', '1-1 void']);
    const reads = http.reads.length;
    await wait(60_000);
    expect(http.reads).toHaveLength(reads);
  });

  it('opens a separate gap for each of two holes', async () => {
    http.store(message(2), message(4));
    sync.push([message(2), message(4)]);
    await wait(1_000);
    expect([seqs(emitted), gaps]).toEqual([
      [2, 4],
      ['1-1 open', '3-3 open'],
    ]);
    http.store(message(3));
    for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 100) await wait(100);
    expect(gaps.slice(2).sort()).toEqual(['1-1 void', '3-3 filled']);
    expect(seqs(emitted)).toEqual([2, 4, 3]);
  });

  it('does not wait for messages from before the user joined (IM-GROUP)', async () => {
    const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const content = { type: 'system', event: 'joined', users: ['alice'], by: 'bob' } as const;
    sync.push([message(40, { conversationId, content }), message(41, { conversationId })]);
    await wait(60_000);
    expect([seqs(emitted), gaps, http.reads]).toEqual([[40, 41], [], []]);
  });

  it('declares a hole void at once below a message that is old by the server’s clock', async () => {
    http.store(message(2, { sentAt: SERVER_TIME - 31_000 }));
    sync.push([message(2, { sentAt: SERVER_TIME - 31_000 })]);
    await wait(500);
    expect(seqs(emitted)).toEqual([2]);
  });

  it('declares the hole void only after a successful read of history', async () => {
    http.store(message(2));
    http.failWith = new NetworkError('down');
    sync.push([message(2)]);
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 500) await wait(500);
    expect(gaps).toEqual(['1-1 open']);
    http.failWith = undefined;
    await wait(8_000);
    expect(gaps).toEqual(['1-1 open', '1-1 void']);
  });

  it('does not delay other conversations', async () => {
    sync.push([message(2), message(1, { conversationId: 'dm:alice:carol' })]);
    expect(emitted.map(({ conversationId }) => conversationId)).toEqual(['dm:alice:carol']);
  });

  it('stops reading history after stop', async () => {
    sync.push([message(2)]);
    sync.stop();
    await wait(60_000);
    expect(http.reads).toEqual([]);
    expect(clock.pendingMs).toEqual([]);
  });
});

describe('catching up (IM-HELLO-3)', () => {
  it('emits exactly the messages that this device lacks below the heads, page by page', async () => {
    http.store(oldMessage(1), oldMessage(2));
    await upToDate();
    http.pageSize = 2;
    http.store(
      ...[3, 4, 5, 6, 7].map((seq) => message(seq)),
      message(1, { conversationId: 'dm:alice:carol' }),
    );
    sync.push([message(4)]);
    await sync.catchUp(http.list());
    expect(emitted.map(({ conversationId, seq }) => `${conversationId} ${seq}`).sort()).toEqual([
      'dm:alice:bob 3',
      'dm:alice:bob 4',
      'dm:alice:bob 5',
      'dm:alice:bob 6',
      'dm:alice:bob 7',
      'dm:alice:carol 1',
    ]);
    // The list itself contains the last message of each.
    expect(http.reads).toEqual([
      { conversationId: DM, after: 2 },
      { conversationId: DM, after: 4 },
    ]);
  });

  it('makes no request when this device is at the heads', async () => {
    await upToDate();
    sync.push([message(1)]);
    http.store(message(1));
    await sync.catchUp(http.list());
    expect(http.reads).toEqual([]);
  });

  it('does not wait for holes in old history', async () => {
    await upToDate();
    const sentAt = SERVER_TIME - 3_600_000;
    http.store(message(1, { sentAt }), message(4, { sentAt }), message(9, { sentAt }));
    await sync.catchUp(http.list());
    expect(seqs(emitted)).toEqual([1, 4, 9]);
  });

  it('keeps a hole at the head open for 15 s, and emits the message when it appears', async () => {
    await upToDate();
    http.store(message(1));
    http.heads.set(DM, 2);
    await sync.catchUp(http.list());
    expect(seqs(emitted)).toEqual([1]);
    http.store(message(2));
    await wait(500);
    expect(seqs(emitted)).toEqual([1, 2]);
  });

  it('opens a gap at once for a hole that history lacks, and emits the messages above it', async () => {
    await upToDate();
    http.store(message(1), message(3), message(4));
    await sync.catchUp(http.list());
    expect(seqs(emitted)).toEqual([1, 3, 4]);
    expect(gaps).toEqual(['2-2 open']);
    http.store(message(2));
    await wait(500);
    expect(seqs(emitted)).toEqual([1, 3, 4, 2]);
  });

  it('rejects when history can’t be read, and succeeds on the next call', async () => {
    await upToDate();
    http.store(message(1), message(2));
    http.failWith = new NetworkError('down');
    await expect(sync.catchUp(http.list())).rejects.toMatchObject({ code: 'network' });
    http.failWith = undefined;
    await sync.catchUp(http.list());
    expect(seqs(emitted)).toEqual([1, 2]);
  });

  it('skips a conversation that the user can no longer read', async () => {
    await upToDate();
    http.store(message(1));
    http.failWith = new RefusedError({ code: 'not_found', message: 'no', retryable: false }, 404);
    await expect(sync.catchUp(http.list())).resolves.toBeUndefined();
  });
});

describe('message sync on a new device', () => {
  it('emits messages newer than its first list, from any source, and no older ones', async () => {
    http.store(oldMessage(1), oldMessage(2));
    await upToDate();
    http.store(message(3));
    await sync.catchUp(http.list());
    expect(seqs(emitted)).toEqual([3]);
  });

  it('emits messages sent just before its first session, which may have missed them', async () => {
    http.store(oldMessage(1), message(2, { sentAt: SERVER_TIME - 12_000 }), message(3));
    await upToDate();
    expect(seqs(emitted)).toEqual([2, 3]);
    sync.push([message(3), message(2), message(4)]);
    expect(seqs(emitted)).toEqual([2, 3, 4]);
  });

  it('emits the inbox first, then the pushes from before `welcome` (IM-FRAME-7)', async () => {
    http.store(oldMessage(1), oldMessage(2));
    sync.push([message(3)]);
    await sync.begin(http.list(), SERVER_TIME);
    sync.fromInbox([message(1)]);
    sync.fromInbox([message(2)]);
    expect(seqs(emitted)).toEqual([1, 2]);
    sync.release();
    expect(seqs(emitted)).toEqual([1, 2, 3]);
  });

  it('emits a message from inbox, push, and history once (IM-PUSH-1)', async () => {
    await sync.begin([], SERVER_TIME);
    http.store(message(1), message(2));
    sync.push([message(2), message(1)]);
    sync.fromInbox([message(1)]);
    sync.release();
    sync.push([message(2)]);
    await sync.catchUp(http.list());
    expect(seqs(emitted)).toEqual([1, 2]);
  });

  it('looks for no hole below an own message whose ack arrived before the list', async () => {
    http.store(oldMessage(1), oldMessage(7));
    sync.settle(DM, 7);
    await upToDate();
    await wait(60_000);
    expect([seqs(emitted), http.reads]).toEqual([[], []]);
  });
});

describe('message sync of own messages', () => {
  beforeEach(upToDate);

  it('emits those from another device like any other', () => {
    sync.push([message(1, { from: 'alice' })]);
    expect(seqs(emitted)).toEqual([1]);
  });

  it('orders those from this device without emitting them again', () => {
    sync.settle(DM, 1);
    sync.push([message(1, { from: 'alice' }), message(2)]);
    expect(seqs(emitted)).toEqual([2]);
  });

  it('claims those from this device that arrive before their ack', () => {
    claimed.push('c1');
    sync.push([message(1, { from: 'alice', clientMsgId: 'c1' }), message(2)]);
    expect(seqs(emitted)).toEqual([2]);
  });
});
