import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Client,
  type ClientOptions,
  createClient,
  MessageView,
  memoryStore,
  Store,
} from '../src/index.ts';
import { withPolling } from '../src/polling/index.ts';
import { harness } from './support/harness.ts';
import { ManualClock, settle } from './support/manual-clock.ts';

const say = (text: string) => ({ type: 'text', text }) as const;
const textOf = ({ content }: { readonly content: unknown }) => (content as { readonly text?: string }).text;

/** A run of the program without a network. `setClock` sets the device's clock forward or back. */
function offlineRun(store: Store, options: Partial<ClientOptions> = {}) {
  const clock = new ManualClock();
  const { nowMs, wallClockMs, after } = clock;
  const im = createClient({
    wsUrl: 'ws://127.0.0.1:1',
    httpUrl: 'http://127.0.0.1:1',
    getToken: () => 'token',
    store,
    ...options,
    environment: { nowMs, wallClockMs, after, ...options.environment },
  });
  onTestFinished(() => im.close());
  const setClock = (byMs: number) => {
    clock.wallClockJumpMs = byMs;
  };
  return { im, clock, setClock, write: (text: string) => im.direct('bob').send(say(text)) };
}

/** What the conversation with bob shows by its events, and in a view. */
function watched(im: Client) {
  const heard: (string | undefined)[] = [];
  im.on('message', (message) => heard.push(textOf(message)));
  const view = new MessageView(im.direct('bob'));
  onTestFinished(() => view.close());
  return { heard, seen: () => view.snapshot.messages.map(textOf), view };
}

const MINUTE_MS = 60_000;

describe('an unsent message of an earlier run', () => {
  it.each<[string, readonly number[]]>([
    ['goes well', [0, 0, 0]],
    ['is set back between two sends', [0, -90 * MINUTE_MS, -60 * MINUTE_MS]],
    ['was five minutes ahead', [5 * MINUTE_MS, 5 * MINUTE_MS, 0]],
  ])('is there before any connection, in the order it was written, when the clock %s', async (_, jumps) => {
    const store = memoryStore();
    const first = offlineRun(store);
    for (const [index, text] of ['one', 'two'].entries()) {
      first.setClock(jumps[index] ?? 0);
      first.write(text);
    }
    first.im.close();

    const next = offlineRun(store);
    next.setClock(jumps[2] ?? 0);
    const { heard, seen } = watched(next.im);
    next.write('three');
    await settle();
    expect(seen()).toEqual(['one', 'two', 'three']);
    expect(heard).toEqual(['one', 'two', 'three']);
    next.im.close();

    const last = watched(offlineRun(store).im);
    await settle();
    expect(last.seen()).toEqual(['one', 'two', 'three']);
  });

  it('keeps its reply and mentions in the next run, and a record without these fields is sent', async () => {
    const store = memoryStore();
    const { im } = offlineRun(store);
    const refers = { replyTo: 7, mentions: 'all' } as const;
    im.direct('bob').send(say('one'), refers);
    await settle();
    const [[key, value] = []] = await store.backend.entries();
    expect(JSON.parse(value ?? '')).toMatchObject({ content: say('one'), ...refers });
    const { replyTo, mentions, ...old } = JSON.parse(value ?? '');
    await store.backend.set(
      `${key}2`,
      JSON.stringify({ ...old, clientMsgId: 'older', order: old.order + 1 }),
    );
    const parts = await harness({ store });
    const connection = await parts.connected();
    expect(await connection.next('sendMessage')).toMatchObject({ ...refers, resend: true });
    const second = await connection.next('sendMessage');
    expect(second).toMatchObject({ clientMsgId: 'older' });
    expect(second).not.toHaveProperty('replyTo');
    expect(replyTo).toBe(mentions === 'all' && 7);
  });

  it('is there while the client polls, and without a view', async () => {
    const store = memoryStore();
    offlineRun(store).write('one');
    const polling = withPolling({ httpUrl: 'http://127.0.0.1:1' });
    const { im } = offlineRun(store, { environment: { WebSocket: polling } });
    const heard: (string | undefined)[] = [];
    im.on('message', (message) => heard.push(textOf(message)));
    im.connect().catch(() => {});
    await settle();
    expect(heard).toEqual(['one']);
  });

  it('keeps its order when two tabs write into one store alternately', async () => {
    const { backend } = memoryStore();
    const tabs = [offlineRun(new Store(backend)), offlineRun(new Store(backend))];
    // The second tab's clock is an hour behind.
    tabs[1]?.setClock(-60 * MINUTE_MS);
    const turns = [0, 1, 1, 1, 0];
    for (const [index, text] of ['one', 'two', 'three', 'four', 'five'].entries()) {
      tabs[turns[index] ?? 0]?.write(text);
      await settle();
    }
    const { seen } = watched(offlineRun(new Store(backend)).im);
    await settle();
    expect(seen()).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('is there as refused, between the messages around it', async () => {
    const store = memoryStore();
    const first = offlineRun(store);
    first.write('one');
    first.write('x'.repeat(17_000));
    first.write('three');
    await settle();
    first.im.close();
    const { seen, view } = watched(offlineRun(store).im);
    await settle();
    expect(seen().map((text) => text?.slice(0, 5))).toEqual(['one', 'xxxxx', 'three']);
    expect(view.snapshot.messages.map(({ state }) => state)).toEqual(['pending', 'failed', 'pending']);
  });

  it('comes before newer messages in a view even if the store is slow, whose messages are shown after two seconds', async () => {
    const kept = memoryStore();
    offlineRun(kept).write('one');
    await settle();
    const reading = Promise.withResolvers<Iterable<readonly [string, string]>>();
    const store = new Store({ ...memoryStore().backend, entries: () => reading.promise });
    const { im, clock, write } = offlineRun(store);
    const { heard, seen } = watched(im);
    write('two');
    await settle();
    expect(heard).toEqual([]);
    clock.advance(2_000);
    await settle();
    expect(heard).toEqual(['two']);
    reading.resolve(await kept.backend.entries());
    await settle();
    expect(heard).toEqual(['two', 'one']);
    expect(seen()).toEqual(['one', 'two']);
  });

  it('is read with the next message if the store could not be read at first', async () => {
    const { backend } = memoryStore();
    offlineRun(new Store(backend)).write('one');
    await settle();
    let isLocked = true;
    const entries = () => (isLocked ? Promise.reject(new Error('locked')) : backend.entries());
    const { im, write } = offlineRun(new Store({ ...backend, entries }), {
      logger: { debug() {}, warn() {}, error() {} },
    });
    const { seen } = watched(im);
    await settle();
    expect(seen()).toEqual([]);
    isLocked = false;
    write('two');
    await settle();
    expect(seen()).toEqual(['one', 'two']);
  });

  it("disappears from the view when it turns out to be another user's, and stays in the store", async () => {
    const store = memoryStore();
    const parts = await harness({ store });
    const connection = await parts.connected();
    parts.server.scripts.set('sendMessage', () => undefined);
    parts.im.direct('bob').send(say('from alice'));
    await connection.next('sendMessage');
    parts.im.close();
    parts.server.scripts.clear();
    parts.server.userId = 'mallory';
    const { wsUrl, httpUrl } = parts.server;
    const next = createClient({ wsUrl, httpUrl, getToken: () => 'token', store });
    onTestFinished(() => next.close());
    const { seen } = watched(next);
    await settle();
    expect(seen()).toEqual(['from alice']);
    await next.connect();
    expect(seen()).toEqual([]);
    expect(await store.unsentCount()).toBe(1);
    expect(parts.server.history).toEqual([]);
  });
});
