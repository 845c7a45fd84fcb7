import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type ChatMessage,
  createClient,
  type FileSource,
  indexedDbStore,
  type KeyStorage,
  localStorageStore,
  MessageView,
  memoryStore,
  Store,
} from '../src/index.ts';
import { FakeFiles, fileOf } from './support/fake-files.ts';
import { type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const MIB = 1024 * 1024;
const databases = new IDBFactory();
let databaseCount = 0;

/** A program that was started again: another client of the same user with the same store. */
function nextRun({ server }: Pick<Harness, 'server'>, store: Store) {
  const im = createClient({
    ...{ wsUrl: server.wsUrl, httpUrl: server.httpUrl, getToken: () => 'token', deviceId: 'device', store },
    environment: {},
  });
  onTestFinished(() => im.close());
  const shown = new Map<string, ChatMessage>();
  im.direct('bob').on('message', (message) => shown.set(message.key, message));
  return { im, shown: () => [...shown.values()] };
}

/** Resolves when the store has taken this many messages. */
const untilKept = (store: Store, count: number): Promise<void> =>
  expect.poll(() => store.unsentCount()).toBe(count);

const sent = (message: ChatMessage | undefined): Promise<void> =>
  expect.poll(() => message?.state).toBe('sent');

/** All that the store's backend has of files: it lists only the others. */
const fileOfFirst = async (store: Store): Promise<unknown> => {
  const [[key] = ['']] = await store.backend.entries();
  return store.backend.file?.(`file/0/${key}`);
};

describe.each<[string, () => Store]>([
  ['memory', () => memoryStore()],
  ['IndexedDB', () => indexedDbStore(`files-${++databaseCount}`, databases)],
])('unsent files in a store in %s', (_, make) => {
  it('are uploaded and sent by the next run, once', async () => {
    const store = make();
    const parts = await harness({ store });
    const files = await FakeFiles.of(parts);
    const first = parts.im
      .direct('bob')
      .sendFile([fileOf('a.txt', 'one'), fileOf('b.txt', 'two')], { text: 'look' });
    first.acked.catch(() => {});
    await untilKept(store, 1);
    parts.im.close();

    const { im, shown } = nextRun(parts, store);
    await expect.poll(() => shown().length).toBe(0);
    await im.connect();
    const [message] = shown();
    expect(message).toMatchObject({
      clientMsgId: first.clientMsgId,
      content: { type: 'file', text: 'look', attachments: [{ name: 'a.txt' }, { name: 'b.txt' }] },
    });
    await sent(message);
    expect([...files.objects.values()].map(String).sort()).toEqual(['one', 'two']);
    expect(parts.server.history).toHaveLength(1);
    await untilKept(store, 0);
  });

  it('leave the store when they are sent, discarded, or the store is cleared', async () => {
    const store = make();
    const parts = await harness({ store });
    const files = await FakeFiles.of(parts);
    const bob = parts.im.direct('bob');
    const send = () => {
      const message = bob.sendFile(fileOf('a.txt', 'one'));
      message.acked.catch(() => {});
      return message;
    };
    const discarded = send();
    await untilKept(store, 1);
    const [[key] = ['']] = await store.backend.entries();
    const file = (): Promise<unknown> | undefined => store.backend.file?.(`file/0/${key}`);
    await expect.poll(file).toBeInstanceOf(Blob);
    bob.discard(discarded.clientMsgId);
    await untilKept(store, 0);
    expect(await file()).toBeUndefined();

    send();
    await untilKept(store, 1);
    await expect.poll(() => fileOfFirst(store)).toBeInstanceOf(Blob);
    const [[cleared] = ['']] = await store.backend.entries();
    await store.clear();
    expect(await store.backend.file?.(`file/0/${cleared}`)).toBeUndefined();
    expect([...(await store.backend.entries())]).toEqual([]);
    expect(files.asked).toEqual([]);
  });

  it('keep the ids of what is uploaded, so that a run that ends before the answer makes no second message', async () => {
    const store = make();
    const parts = await harness({ store });
    const files = await FakeFiles.of(parts);
    const answer = parts.server.scripts.get('sendMessage');
    parts.server.scripts.set('sendMessage', (frame, connection) => void answer?.(frame, connection));
    const connection = await parts.connected();
    parts.im
      .direct('bob')
      .sendFile(fileOf('a', 'x'))
      .acked.catch(() => {});
    const attempt = await connection.next('sendMessage');
    await expect.poll(async () => String([...(await store.backend.entries())])).toContain('"ids"');
    parts.im.close();

    parts.server.scripts.set('sendMessage', (frame, from) => answer?.(frame, from));
    const { im, shown } = nextRun(parts, store);
    await im.connect();
    await sent(shown()[0]);
    expect(files.asked).toHaveLength(1);
    expect(parts.server.history).toHaveLength(1);
    const repeat = parts.server.connections.at(-1)?.frames.find(({ action }) => action === 'sendMessage');
    expect(repeat).toMatchObject({ content: attempt.content, resend: true });
  });

  it('are kept up to 25 MB; a message above comes back as failed, with the reason', async () => {
    const store = make();
    const parts = await harness({ store });
    await FakeFiles.of(parts);
    const bob = parts.im.direct('bob');
    for (const bytes of [20 * MIB, 6 * MIB, 5 * MIB])
      bob.sendFile(new File([new Uint8Array(bytes)], `${bytes / MIB}`)).acked.catch(() => {});
    await untilKept(store, 3);
    parts.im.close();
    const { im, shown } = nextRun(parts, store);
    await im.connect();
    const [large, second, third] = shown();
    expect(second).toMatchObject({
      state: 'failed',
      error: { code: 'not_found', message: expect.stringContaining('the store could not keep the files') },
    });
    await Promise.all([sent(large), sent(third)]);
    await expect(im.direct('bob').retry(second?.clientMsgId ?? '')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('unsent files in a store that fails once', () => {
  it.each(['set', 'setFile'] as const)('are kept when the write is repeated: %s', async (name) => {
    const { backend } = memoryStore();
    let failures = 1;
    const failing = async (key: string, value: never): Promise<void> => {
      if (failures-- > 0) throw new Error('quota');
      await backend[name]?.(key, value);
    };
    const store = new Store({ ...backend, [name]: failing });
    const parts = await harness({ store, logger: { debug() {}, warn() {}, error() {} } });
    await FakeFiles.of(parts);
    const bob = parts.im.direct('bob');
    bob.sendFile(new File([new Uint8Array(20 * MIB)], 'a')).acked.catch(() => {});
    await expect.poll(() => failures).toBe(0);
    new MessageView(bob).close();
    await untilKept(store, 1);
    await expect.poll(() => fileOfFirst(store)).toBeInstanceOf(Blob);
    expect(String([...(await backend.entries())])).toContain('"isKept":true');
  });

  it('leave it when the removal is repeated', async () => {
    const { backend } = memoryStore();
    let failures = 1;
    const remove = async (key: string): Promise<void> => {
      if (failures-- > 0) throw new Error('quota');
      await backend.remove(key);
    };
    const store = new Store({ ...backend, remove });
    const parts = await harness({ store, logger: { debug() {}, warn() {}, error() {} } });
    await FakeFiles.of(parts);
    const bob = parts.im.direct('bob');
    const message = bob.sendFile(fileOf('a', 'x'));
    message.acked.catch(() => {});
    await expect.poll(() => fileOfFirst(store)).toBeInstanceOf(Blob);
    const [[key] = ['']] = await backend.entries();
    bob.discard(message.clientMsgId);
    await expect.poll(() => failures).toBe(0);
    new MessageView(bob).close();
    await untilKept(store, 0);
    expect(await backend.file?.(`file/0/${key}`)).toBeUndefined();
  });
});

describe('unsent files in a store without files', () => {
  const inStorage = (): Store => {
    const values: Record<string, string> = {};
    const methods = {
      getItem: (key: string) => values[key] ?? null,
      setItem: (key: string, value: string) => void Object.assign(values, { [key]: value }),
      removeItem: (key: string) => void delete values[key],
    };
    for (const [name, value] of Object.entries(methods))
      Object.defineProperty(values, name, { value, enumerable: false });
    return localStorageStore('files', values as unknown as KeyStorage);
  };

  it('come back as failed, with the reason, and can be discarded', async () => {
    const store = inStorage();
    const parts = await harness({ store });
    await FakeFiles.of(parts);
    parts.im
      .direct('bob')
      .sendFile(fileOf('a.txt', 'one'))
      .acked.catch(() => {});
    await untilKept(store, 1);
    parts.im.close();
    const { im, shown } = nextRun(parts, store);
    await im.connect();
    expect(shown()).toMatchObject([
      { state: 'failed', error: { code: 'not_found' }, content: { type: 'file' } },
    ]);
    expect(im.direct('bob').discard(shown()[0]?.clientMsgId ?? '')).toBe(true);
    await untilKept(store, 0);
  });

  it('are there all the same if they are named by a URI', async () => {
    const store = inStorage();
    const parts = await harness({ store });
    const files = await FakeFiles.of(parts);
    files.gate = new Promise(() => {});
    const source: FileSource = {
      ...{ data: { uri: 'file:///cat.jpg', size: 9, type: 'image/jpeg' }, width: 4, height: 3 },
      thumbnail: { data: { uri: 'file:///small.jpg', size: 2, type: 'image/jpeg' }, width: 2, height: 1 },
    };
    parts.im
      .direct('bob')
      .sendFile(source)
      .acked.catch(() => {});
    await untilKept(store, 1);
    parts.im.close();
    const { im, shown } = nextRun(parts, store);
    await im.connect();
    await expect.poll(() => files.asked.length).toBe(1);
    expect(shown()[0]).toMatchObject({
      state: 'pending',
      content: { attachments: [{ width: 4, height: 3 }] },
    });
    expect(files.asked[0]).toMatchObject({
      size: 9,
      thumbnail: { size: 2, type: 'image/jpeg', width: 2, height: 1 },
    });
  });
});

describe('several tabs', () => {
  it('that share a store send an unsent file as one message', async () => {
    const store = memoryStore();
    const parts = await harness({ store });
    await FakeFiles.of(parts);
    const conflicts = (frameId: string) => ({
      ...{
        type: 'error',
        id: frameId,
        code: 'idempotency_conflict',
        message: 'other content',
        retryable: false,
      },
    });
    const answer = parts.server.scripts.get('sendMessage');
    parts.server.scripts.set('sendMessage', (frame, from) =>
      parts.server.history.length > 0 ? conflicts(frame.id) : answer?.(frame, from),
    );
    parts.im
      .direct('bob')
      .sendFile(fileOf('a', 'x'))
      .acked.catch(() => {});
    await untilKept(store, 1);
    parts.im.close();
    const tabs = [nextRun(parts, store), nextRun(parts, store)];
    await Promise.all(tabs.map(({ im }) => im.connect()));
    for (const { shown } of tabs) await sent(shown()[0]);
    expect(parts.server.history).toHaveLength(1);
    await settle();
  });
});
