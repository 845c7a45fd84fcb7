import { IDBDatabase, IDBFactory } from 'fake-indexeddb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EACH_TURN } from '../../test/setup/patience.ts';
import {
  createClient,
  indexedDbStore,
  localStorageStore,
  MessageView,
  memoryStore,
  Store,
  type StoreBackend,
} from '../src/index.ts';
import { type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

/** Like a browser's: keys are own properties, methods are not. */
function fakeStorage(): Storage {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return this[key] ?? null;
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      this[key] = String(value);
    },
    removeItem(this: Record<string, string>, key: string) {
      delete this[key];
    },
  };
  return Object.create(methods);
}

const databases = new IDBFactory();
const storage = fakeStorage();

describe.each<[string, (name: string) => Store]>([
  ['memory', () => memoryStore()],
  ['localStorage', (name) => localStorageStore(name, storage)],
  ['IndexedDB', (name) => indexedDbStore(name, databases)],
])('a store in %s', (kind, make) => {
  const all = async (store: StoreBackend) => new Map(await store.entries());

  it('returns the last value of each key, and no removed key', async () => {
    const store = make('one').backend;
    expect(await all(store)).toEqual(new Map());
    await store.set('a', '1');
    await store.set('b', '2');
    await store.set('a', '3 👍');
    await store.remove('b');
    await store.remove('never there');
    expect(await all(store)).toEqual(new Map([['a', '3 👍']]));
  });

  it('shares no entry with a store of another name', async () => {
    await make('two').backend.set('a', '1');
    expect(await all(make('twofold').backend)).toEqual(new Map());
    if (kind !== 'memory') expect(await all(make('two').backend)).toEqual(new Map([['a', '1']]));
  });
});

const say = (text: string) => ({ type: 'text', text }) as const;

/** The next run of the program: another client of the same user with the same server and store. */
function nextRun({ server }: Harness, store: Store) {
  return createClient({
    wsUrl: server.wsUrl,
    httpUrl: server.httpUrl,
    getToken: () => 'token',
    deviceId: 'device',
    store,
  });
}

describe('unsent messages', () => {
  it('are sent by the next run first, in order, as resends', async () => {
    const store = memoryStore();
    const parts = await harness({ store });
    const sent = [parts.im.direct('bob').send(say('one')), parts.im.direct('bob').send(say('two'))];
    parts.im.close();
    for (const { acked } of sent) await expect(acked).rejects.toMatchObject({ code: 'closed' });
    const next = nextRun(parts, store);
    const heard: (string | undefined)[] = [];
    next.on('message', ({ clientMsgId, mine, state }) => heard.push(`${clientMsgId} ${mine} ${state}`));
    const third = next.direct('bob').send(say('three'));
    const [connection] = await Promise.all([parts.server.nextConnection(), next.connect()]);
    await third.acked;
    expect(parts.server.history.map(({ content }) => content)).toEqual(['one', 'two', 'three'].map(say));
    const frames = connection.frames.filter(({ action }) => action === 'sendMessage');
    expect(frames.map(({ clientMsgId, resend }) => [clientMsgId, resend])).toEqual([
      [sent[0]?.clientMsgId, true],
      [sent[1]?.clientMsgId, true],
      [third.clientMsgId, undefined],
    ]);
    expect(heard).toContain(`${sent[0]?.clientMsgId} true pending`);
    next.close();
    await settle();
    expect([...(await store.backend.entries())]).toEqual([]);
  });

  it('are stored once when the last run’s ack was lost (IM-SEND-2)', async () => {
    const store = memoryStore();
    const parts = await harness({ store });
    const connection = await parts.connected();
    parts.server.scripts.set('sendMessage', (frame) => {
      parts.server.store(frame);
      return undefined;
    });
    parts.im.direct('bob').send(say('once'));
    await connection.next('sendMessage');
    parts.im.close();
    parts.server.scripts.clear();
    const next = nextRun(parts, store);
    const states: string[] = [];
    next.direct('bob').on('state', ({ state, seq }) => states.push(`${state} ${seq}`));
    await next.connect();
    for (let round = 0; round < 1_000 && states.length === 0; round++) await settle();
    expect([states, parts.server.history.length]).toEqual([['sent 1'], 1]);
    next.close();
  });

  it('are restored as failed if they were refused, with the reason, and can be retried or discarded', async () => {
    const store = memoryStore();
    const parts = await harness({ store });
    await parts.connected();
    parts.server.scripts.set('sendMessage', ({ id }) => ({
      type: 'error',
      id,
      code: 'forbidden',
      message: 'not a friend',
      retryable: false,
    }));
    const [one, two] = [parts.im.direct('bob').send(say('one')), parts.im.direct('bob').send(say('two'))];
    await expect(two.acked).rejects.toMatchObject({ code: 'forbidden' });
    parts.im.close();
    parts.server.scripts.clear();
    const next = nextRun(parts, store);
    const failed: string[] = [];
    next.direct('bob').on('state', ({ state, error }) => failed.push(`${state} ${error?.message}`));
    await next.connect();
    expect(failed).toEqual(['failed not a friend', 'failed not a friend']);
    expect(next.direct('bob').discard(one.clientMsgId)).toBe(true);
    expect(await next.direct('bob').retry(two.clientMsgId)).toMatchObject({ seq: 1 });
    next.close();
    await settle();
    expect([...(await store.backend.entries())]).toEqual([]);
  });

  it('are each sent when one id names messages in two conversations (IM-SEND-2)', async () => {
    const store = memoryStore();
    const parts = await harness({ store });
    const clientMsgId = 'answer-1';
    for (const user of ['bob', 'carol']) parts.im.direct(user).send(say(`to ${user}`), { clientMsgId });
    parts.im.close();
    const next = nextRun(parts, store);
    await next.connect();
    while (parts.server.history.length < 2) await settle();
    const stored = parts.server.history.map(({ content }) => content);
    expect(stored).toEqual(expect.arrayContaining(['to bob', 'to carol'].map(say)));
    next.close();
    await settle();
    expect([...(await store.backend.entries())]).toEqual([]);
  });

  it('stay in the store if they belong to another user', async () => {
    const store = memoryStore();
    const parts = await harness({ store });
    const connection = await parts.connected();
    parts.server.scripts.set('sendMessage', () => undefined);
    parts.im.direct('bob').send(say('from alice'));
    await connection.next('sendMessage');
    parts.im.close();
    parts.server.scripts.clear();
    parts.server.userId = 'mallory';
    const other = nextRun(parts, store);
    await other.connect();
    other.close();
    expect(parts.server.history).toEqual([]);
    expect([...(await store.backend.entries())]).toHaveLength(1);
  });

  it('are counted, and deleted from the device on request, and nothing else is', async () => {
    const store = memoryStore();
    await store.backend.set('theme', 'dark');
    const parts = await harness({ store });
    const connection = await parts.connected();
    parts.server.scripts.set('sendMessage', () => undefined);
    parts.im.direct('bob').send(say('private'));
    await connection.next('sendMessage');
    parts.im.direct('bob').send(say('more'));
    expect(await store.unsentCount()).toBe(2);
    parts.im.close();
    await store.clear();
    expect(await store.unsentCount()).toBe(0);
    parts.server.scripts.clear();
    const next = nextRun(parts, store);
    await next.connect();
    next.close();
    expect(parts.server.history).toEqual([]);
    expect([...(await store.backend.entries())]).toEqual([['theme', 'dark']]);
  });

  it('are deleted even if they were still being written', async () => {
    const gate = Promise.withResolvers<void>();
    const { backend } = memoryStore();
    const set = (key: string, value: string) => gate.promise.then(() => backend.set(key, value));
    const store = new Store({
      entries: () => backend.entries(),
      set,
      remove: (key) => backend.remove(key),
    });
    const parts = await harness({ store });
    parts.im.direct('bob').send(say('private'));
    parts.im.close();
    const cleared = store.clear();
    gate.resolve();
    await cleared;
    expect([...(await backend.entries())]).toEqual([]);
  });

  it('are reported as left on the device if the store fails', async () => {
    const { backend } = memoryStore();
    await backend.set('outbox/x', '{}');
    const remove = () => Promise.reject(new Error('locked'));
    const store = new Store({ entries: () => backend.entries(), set: async () => {}, remove });
    await expect(store.clear()).rejects.toThrow('locked');
    expect(await store.unsentCount()).toBe(1);
  });

  it('are not counted or deleted when the store does not answer, which is reported after five seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const never = () => new Promise<never>(() => {});
    const store = new Store({ entries: never, set: never, remove: never });
    const asked = [store.unsentCount(), store.clear()];
    vi.advanceTimersByTime(5_000);
    for (const answer of asked) await expect(answer).rejects.toMatchObject({ code: 'timeout' });
  });

  it('are sent even if the store fails or holds invalid entries', async () => {
    const broken: StoreBackend = {
      entries: async () => [
        ['outbox/x', '{'],
        ['outbox/null', 'null'],
        ['outbox/empty', '{}'],
        ['outbox/text', '"x"'],
        ['other', '1'],
      ],
      set: async () => {
        throw new Error('quota');
      },
      remove: async () => {
        throw new Error('quota');
      },
    };
    const parts = await harness({ store: new Store(broken) });
    await parts.connected();
    expect(await parts.im.direct('bob').send(say('hi')).acked).toMatchObject({ seq: 1 });
    const unreadable = await harness({
      store: new Store({ ...broken, entries: () => Promise.reject(new Error('locked')) }),
    });
    await unreadable.connected();
    expect(await unreadable.im.direct('bob').send(say('hi')).acked).toMatchObject({ seq: 1 });
  });

  /** A store whose `entries` the test settles. */
  function heldStore(entries: () => Promise<Iterable<readonly [string, string]>>) {
    const { backend } = memoryStore();
    return new Store({ ...backend, entries });
  }
  async function unsentOf(text: string) {
    const kept = memoryStore();
    const { im } = await harness({ store: kept });
    im.direct('bob').send(say(text));
    await settle();
    return kept.backend.entries();
  }
  const quiet = () => {
    const warnings: string[] = [];
    return {
      warnings,
      logger: { debug() {}, error() {}, warn: (message: string) => warnings.push(message) },
    };
  };

  it('do not delay the connection when the store never answers, and are sent when it does', async () => {
    const unsent = await unsentOf('from before');
    const reading = Promise.withResolvers<Iterable<readonly [string, string]>>();
    const { warnings, logger } = quiet();
    const parts = await harness({ store: heldStore(() => reading.promise), logger });
    const connecting = parts.connected();
    // The wait for the store.
    while (!parts.clock.pendingMs.includes(2_000)) await settle();
    parts.clock.advance(2_000);
    await connecting;
    expect(await parts.im.direct('bob').send(say('new')).acked).toMatchObject({ seq: 1 });
    expect(warnings).toEqual(['could not read unsent messages from the store yet']);
    reading.resolve(unsent);
    while (parts.server.history.length < 2) await settle();
    expect(parts.server.history.map(({ content }) => content)).toEqual(['new', 'from before'].map(say));
  });

  it('are restored by the next session when the store could not be read by the first', async () => {
    const unsent = await unsentOf('from before');
    let reads = 0;
    const { warnings, logger } = quiet();
    const store = heldStore(async () => {
      reads += 1;
      if (reads === 1) throw new Error('locked');
      return unsent;
    });
    const parts = await harness({ store, logger });
    const first = await parts.connected();
    const reconnecting = parts.entered('reconnecting');
    first.cut();
    await reconnecting;
    await parts.connected();
    while (parts.server.history.length < 1) await settle();
    expect(warnings).toEqual(['could not read unsent messages from the store yet']);
  });

  it('are written and removed by the next connection if the store failed: what stayed there would be sent again', async () => {
    const { backend } = memoryStore();
    let failing: 'set' | 'remove' | undefined;
    const unless =
      <Args extends unknown[]>(name: typeof failing, act: (...args: Args) => Promise<void>) =>
      async (...args: Args) => {
        if (failing === name) throw new Error('quota');
        await act(...args);
      };
    const store = new Store({
      ...backend,
      set: unless('set', backend.set),
      remove: unless('remove', backend.remove),
    });
    const keys = async () => [...(await backend.entries())].map(([key]) => key);
    const parts = await harness({ store, logger: quiet().logger });
    const first = await parts.connected();
    failing = 'remove';
    await parts.im.direct('bob').send(say('sent')).acked;
    await settle();
    expect(await keys()).toHaveLength(1);
    const reconnecting = parts.entered('reconnecting');
    first.cut();
    await reconnecting;
    failing = 'set';
    parts.im.direct('bob').send(say('unsent'), { clientMsgId: 'u1' });
    await settle();
    failing = undefined;
    await parts.connected();
    while (parts.server.history.length < 2) await settle();
    await settle();
    expect(await keys()).toEqual([]);
    const later = await harness({ store: new Store(backend) });
    await later.connected();
    expect(later.server.history).toEqual([]);
  });

  it('stay refused if the store failed, in whatever order the writes are repeated', async () => {
    const { backend } = memoryStore();
    const quota = new Error('quota');
    const refusal = Promise.withResolvers<void>();
    // The message, its refusal, and what comes behind that.
    const failures = [() => Promise.reject(quota), () => refusal.promise, () => Promise.reject(quota)];
    const set: StoreBackend['set'] = async (key, value) => {
      await failures.shift()?.();
      await backend.set(key, value);
    };
    const parts = await harness({ store: new Store({ ...backend, set }), logger: quiet().logger });
    await parts.connected();
    parts.server.scripts.set('sendMessage', ({ id }) => {
      return { type: 'error', id, code: 'forbidden', message: 'blocked', retryable: false };
    });
    await expect(parts.im.direct('bob').send(say('hi')).acked).rejects.toMatchObject({ code: 'forbidden' });
    await vi.waitFor(() => expect(failures).toHaveLength(1), EACH_TURN);
    refusal.reject(quota);
    await settle();
    failures.length = 0;
    expect(await backend.entries()).toEqual([]);
    // A view repeats the writes that have failed.
    new MessageView(parts.im.direct('bob')).close();
    await vi.waitFor(async () => expect(await backend.entries()).toHaveLength(1), EACH_TURN);
    await settle();
    const [[, value] = []] = [...(await backend.entries())];
    expect(JSON.parse(value ?? '{}')).toHaveProperty('refused.code', 'forbidden');
  });

  it('are refused in the store, too, if it failed only then, while it was slow', async () => {
    const { backend } = memoryStore();
    const writing = Promise.withResolvers<void>();
    const set = vi.fn(backend.set);
    set.mockImplementationOnce((...entry) => writing.promise.then(() => backend.set(...entry)));
    set.mockRejectedValueOnce(new Error('quota'));
    const parts = await harness({ store: new Store({ ...backend, set }), logger: quiet().logger });
    await parts.connected();
    parts.server.scripts.set('sendMessage', ({ id }) => {
      return { type: 'error', id, code: 'forbidden', message: 'blocked', retryable: false };
    });
    await expect(parts.im.direct('bob').send(say('hi')).acked).rejects.toMatchObject({ code: 'forbidden' });
    writing.resolve();
    await vi.waitFor(() => expect(set).toHaveBeenCalledTimes(2), EACH_TURN);
    await settle();
    // A view repeats the writes that have failed.
    new MessageView(parts.im.direct('bob')).close();
    await vi.waitFor(() => expect(set).toHaveBeenCalledTimes(3), EACH_TURN);
    expect(String([...(await backend.entries())])).toContain('forbidden');
  });

  it('stay if the store failed to remove another one that had their id', async () => {
    const { backend } = memoryStore();
    const removal = Promise.withResolvers<void>();
    const remove = vi.fn(backend.remove).mockReturnValueOnce(removal.promise);
    const { logger } = quiet();
    const parts = await harness({ store: new Store({ ...backend, remove }), logger });
    const bob = parts.im.direct('bob');
    const discarded = bob.send({ type: 'text', text: 'x'.repeat(20_000) }, { clientMsgId: 'draft' });
    await expect(discarded.acked).rejects.toMatchObject({ code: 'payload_too_large' });
    bob.discard('draft');
    await vi.waitFor(() => expect(remove).toHaveBeenCalledOnce(), EACH_TURN);
    bob.send(say('shorter'), { clientMsgId: 'draft' });
    removal.reject(new Error('quota'));
    await vi.waitFor(
      async () => expect(String([...(await backend.entries())])).toContain('shorter'),
      EACH_TURN,
    );
    // A view repeats the writes that have failed.
    new MessageView(bob).close();
    await settle();
    expect(String([...(await backend.entries())])).toContain('shorter');
  });

  it('are restored beside entries that are no messages, which are left alone', async () => {
    const unsent = await unsentOf('from before');
    const wrong = ['{', 'null', '{}', '"x"', '{"target":{"to":"bob"}}'];
    const { warnings, logger } = quiet();
    const entries = [...unsent, ...wrong.map((value, index) => [`outbox/${index}`, value] as const)];
    const parts = await harness({ store: heldStore(async () => entries), logger });
    await parts.connected();
    while (parts.server.history.length < 1) await settle();
    expect(parts.server.history.map(({ content }) => content)).toEqual([say('from before')]);
    expect(new Set(warnings)).toEqual(new Set(['could not read an unsent message in the store']));
  });

  it('are kept in a database that is opened again after it was deleted under the page', async () => {
    const { backend } = indexedDbStore('deleted', databases);
    await backend.set('outbox/a', '1');
    await new Promise((resolve) => {
      databases.deleteDatabase('deleted').onsuccess = resolve;
    });
    await backend.set('outbox/b', '2');
    expect([...(await backend.entries())]).toEqual([['outbox/b', '2']]);
  });

  it('are kept when the browser closes the database during the write', async () => {
    const { backend } = indexedDbStore('closed', databases);
    await backend.set('outbox/a', '1');
    const { transaction } = IDBDatabase.prototype;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(function (
      this: IDBDatabase,
      ...of
    ) {
      const begun = transaction.apply(this, of);
      queueMicrotask(() => begun.abort());
      return begun;
    });
    await backend.set('outbox/b', '2');
    expect(await backend.entries()).toEqual([
      ['outbox/a', '1'],
      ['outbox/b', '2'],
    ]);
  });

  it('are sent where the browser blocks all storage, with one warning', async () => {
    const { warnings, logger } = quiet();
    const blocked = new Proxy({} as Storage, {
      get: () => {
        throw new Error('SecurityError');
      },
    });
    const parts = await harness({ store: localStorageStore('blocked', blocked), logger });
    await parts.connected();
    for (const text of ['one', 'two']) await parts.im.direct('bob').send(say(text)).acked;
    await settle();
    expect(warnings).toEqual(['the store failed']);
    expect(() => [localStorageStore('none'), indexedDbStore('none')]).not.toThrow();
  });
});
