/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type Client,
  type ClientOptions,
  createClient,
  type Environment,
  editMessage,
  MessageView,
  memoryStore,
  type OwnMessage,
} from '../../client/src/index.ts';
import { filesOn } from './setup/files.ts';
import { createTestProxy } from './setup/proxy.ts';
import { retryPolicy } from './setup/sdk-device.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
});
afterAll(() => stack?.stop());

const { keys } = filesOn(() => stack);

/** What happens to a post to the bucket in place of going there. Undefined: nothing. */
type Mishap = (post: number) => Promise<void> | undefined;

/** A program of the user, whose network the test may disturb. */
function clientOf(
  user: string,
  options: Partial<ClientOptions> = {},
  before?: Mishap,
  after?: Mishap,
): Client {
  const { wsUrl, httpUrl } = stack;
  let posts = 0;
  const request: Environment['fetch'] = async (url, init) => {
    const post = init.body instanceof FormData ? ++posts : 0;
    if (post > 0) await before?.(post);
    const answer = await fetch(url, init as RequestInit);
    if (post > 0) await after?.(post);
    return answer;
  };
  const im = createClient({
    ...{ wsUrl, httpUrl, getToken: () => stack.token(user), deviceId: user, retryPolicy },
    logger: { debug: () => {}, warn: () => {}, error: console.error },
    environment: { fetch: request },
    ...options,
  });
  onTestFinished(() => im.close());
  return im;
}

async function pair(): Promise<{ a: string; b: string; bob: Client }> {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const bob = clientOf(b);
  await bob.connect();
  return { a, b, bob };
}

/** The bytes that bob gets by the link of each file of the message. */
async function bytesOf(bob: Client, from: string, index = 0): Promise<string[]> {
  const { messages } = await bob.direct(from).history();
  const message = messages[index];
  if (message?.content.type !== 'file') throw new Error('no message with files');
  return Promise.all(
    message.content.attachments.map(async ({ attachmentId }) => {
      const { url } = await bob.direct(from).attachmentUrl(message, attachmentId);
      return (await fetch(url)).text();
    }),
  );
}

const failure = (): Promise<void> => Promise.reject(new TypeError('fetch failed'));
const fileOf = (name: string, text: string, type = 'text/plain'): File => new File([text], name, { type });
const countOf = async (bob: Client, from: string): Promise<number> =>
  (await bob.direct(from).history()).messages.length;

describe('files from SDK to SDK', () => {
  it('arrive as they were sent, can be edited in their text, and are gone after a recall (IM-FILE-1 to IM-FILE-5)', async () => {
    const { a, b, bob } = await pair();
    const alice = clientOf(a);
    await alice.connect();
    const view = new MessageView(bob.direct(a));
    onTestFinished(() => view.close());
    const thumbnail = { data: new Blob(['small'], { type: 'image/webp' }), width: 32, height: 24 };
    const picture = {
      data: fileOf('Kätzchen.bin', 'miaow', 'application/x-cat'),
      thumbnail,
      width: 64,
      height: 48,
    };
    const message = alice.direct(b).sendFile(picture, { text: 'look' });
    const { seq } = await message.acked;
    const [attachment] = message.content.type === 'file' ? message.content.attachments : [];
    expect(attachment).toEqual({
      ...{
        attachmentId: expect.stringMatching(/^[0-9A-Z]{26}$/),
        name: 'Kätzchen.bin',
        size: 5,
        type: 'application/x-cat',
      },
      ...{ width: 64, height: 48, thumbnail: { type: 'image/webp', size: 5, width: 32, height: 24 } },
    });
    await expect.poll(() => view.snapshot.messages[0]?.content).toEqual(message.content);
    const [received] = view.snapshot.messages;
    if (received === undefined || attachment === undefined) throw new Error('nothing received');
    const link = await bob.direct(a).attachmentUrl(received, attachment.attachmentId);
    expect(await (await fetch(link.url)).text()).toBe('miaow');
    expect(await (await fetch(link.thumbnailUrl ?? '')).text()).toBe('small');

    if (message.content.type === 'file')
      await editMessage(alice.direct(b), seq, { ...message.content, text: 'our cat' });
    await expect
      .poll(() => view.snapshot.messages[0]?.content)
      .toEqual({ ...message.content, text: 'our cat' });

    await alice.direct(b).recall(seq);
    await expect.poll(() => view.snapshot.messages[0]?.content.type).toBe('recalled');
    const gone = view.snapshot.messages[0] ?? received;
    await expect(bob.direct(a).attachmentUrl(gone, attachment.attachmentId)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(bob.direct(a).attachmentUrl(received, attachment.attachmentId)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect.poll(() => keys('sent/', attachment.attachmentId)).toEqual([]);
  });

  it('are ten in one message, in their order', async () => {
    const { a, b, bob } = await pair();
    const alice = clientOf(a);
    await alice.connect();
    const texts = Array.from({ length: 10 }, (_, index) => `bytes of ${index}`);
    await alice.direct(b).sendFile(texts.map((text, index) => fileOf(`${index}.txt`, text))).acked;
    expect(await bytesOf(bob, a)).toEqual(texts);
  });

  it('are ten messages at once, in their order, and a text does not wait for them (IM-SEND-4)', async () => {
    const { a, b, bob } = await pair();
    const alice = clientOf(a);
    await alice.connect();
    const sent: OwnMessage[] = Array.from({ length: 10 }, (_, index) =>
      alice.direct(b).sendFile(fileOf(`${index}.txt`, `${index}`)),
    );
    const text = alice.direct(b).send({ type: 'text', text: 'coming' });
    await Promise.all([text, ...sent].map(({ acked }) => acked));
    const { messages } = await bob.direct(a).history();
    const contents = messages.map(({ content }) =>
      content.type === 'file' ? content.attachments[0]?.name : content.type,
    );
    expect(contents.filter((one) => one !== 'text')).toEqual(sent.map((_, index) => `${index}.txt`));
    expect(contents.indexOf('text')).toBeLessThan(10);
  });

  it.each<[string, Mishap | undefined, Mishap | undefined]>([
    ['before S3 has it', (post) => (post <= 2 ? failure() : undefined), undefined],
    ['after S3 has it', undefined, (post) => (post <= 2 ? failure() : undefined)],
  ])('are one message when the upload fails twice %s (IM-SEND-2)', async (_, before, after) => {
    const { a, b, bob } = await pair();
    const alice = clientOf(a, {}, before, after);
    await alice.connect();
    await alice.direct(b).sendFile(fileOf('a.txt', 'one')).acked;
    expect(await bytesOf(bob, a)).toEqual(['one']);
    expect(await countOf(bob, a)).toBe(1);
  });

  it('are one message when the program starts again in the middle of the upload', async () => {
    const { a, b, bob } = await pair();
    const store = memoryStore();
    const first = clientOf(a, { store }, (post) => (post === 2 ? new Promise(() => {}) : undefined));
    await first.connect();
    const unsent = first
      .direct(b)
      .sendFile([fileOf('a.txt', 'one'), fileOf('b.txt', 'two')], { text: 'both' });
    unsent.acked.catch(() => {});
    await expect.poll(() => unsent.uploads?.filter(({ state }) => state === 'done').length).toBe(1);
    first.close();

    const next = clientOf(a, { store });
    const shown: string[] = [];
    next.direct(b).on('message', ({ clientMsgId }) => shown.push(clientMsgId));
    await next.connect();
    await expect.poll(() => countOf(bob, a)).toBe(1);
    expect(await bytesOf(bob, a)).toEqual(['one', 'two']);
    expect(shown).toEqual([unsent.clientMsgId]);
    await expect.poll(() => store.unsentCount()).toBe(0);
  });

  it('are one message when the answer to the send is lost and the program starts again', async () => {
    const { a, b, bob } = await pair();
    const store = memoryStore();
    const first = clientOf(a, { store });
    await first.connect();
    const stored = new Promise<void>((resolve) => bob.direct(a).on('message', () => resolve()));
    proxy.inject({
      fault: 'kill',
      route: 'sendMessage',
      operation: 'PostToConnection',
      times: 1,
    });
    const unsent = first.direct(b).sendFile(fileOf('a.txt', 'one'));
    unsent.acked.catch(() => {});
    await expect.poll(async () => String([...(await store.backend.entries())])).toContain('"ids"');
    first.close();

    const next = clientOf(a, { store });
    await next.connect();
    await stored;
    proxy.clearFaults();
    await expect.poll(() => store.unsentCount()).toBe(0);
    expect(await countOf(bob, a)).toBe(1);
    expect(await bytesOf(bob, a)).toEqual(['one']);
  });

  it('are one message when two tabs with one store send it', async () => {
    const { a, b, bob } = await pair();
    const store = memoryStore();
    const offline = clientOf(a, { store });
    offline
      .direct(b)
      .sendFile(fileOf('a.txt', 'one'))
      .acked.catch(() => {});
    await expect.poll(() => store.unsentCount()).toBe(1);
    offline.close();
    const tabs = ['one', 'two'].map((deviceId) => clientOf(a, { store, deviceId: `${a}-${deviceId}` }));
    const states = tabs.map((im) => {
      const shown: { readonly state: string }[] = [];
      im.direct(b).on('message', (message) => shown.push(message));
      return () => shown.map(({ state }) => state);
    });
    await Promise.all(tabs.map((im) => im.connect()));
    for (const state of states) await expect.poll(state).toEqual(['sent']);
    expect(await countOf(bob, a)).toBe(1);
    expect(await bytesOf(bob, a)).toEqual(['one']);
  });

  it('are uploaded again when what was pending is gone, and the message stays one (IM-FILE-4)', async () => {
    const { a, b, bob } = await pair();
    const store = memoryStore();
    const first = clientOf(a, { store });
    await first.connect();
    await first.direct(b).sendFile(fileOf('a.txt', 'one')).acked;
    const offline = clientOf(a, { store });
    offline
      .direct(b)
      .sendFile(fileOf('b.txt', 'two'))
      .acked.catch(() => {});
    await expect.poll(() => store.unsentCount()).toBe(1);
    offline.close();
    // As a day later: the ids are those of files that are not there.
    for (const [key, value] of await store.backend.entries()) {
      const record = JSON.parse(value);
      record.files.ids = ['01ARZ3NDEKTSV4RRFFQ69G5FAV'];
      await store.backend.set(key, JSON.stringify(record));
    }
    const next = clientOf(a, { store });
    await next.connect();
    await expect.poll(() => countOf(bob, a)).toBe(2);
    expect(await bytesOf(bob, a, 1)).toEqual(['two']);
  });

  it('are cancelled while they are uploaded, and leave no message', async () => {
    const { a, b, bob } = await pair();
    const alice = clientOf(a, {}, () => new Promise(() => {}));
    await alice.connect();
    const aborter = new AbortController();
    const message = alice.direct(b).sendFile(fileOf('a.txt', 'one'), { signal: aborter.signal });
    await expect.poll(() => message.uploads?.[0]?.state).toBe('uploading');
    aborter.abort();
    await expect(message.acked).rejects.toMatchObject({ code: 'cancelled' });
    await alice.direct(b).send({ type: 'text', text: 'never mind' }).acked;
    expect(await countOf(bob, a)).toBe(1);
  });

  it('fail before an upload when they are too large', async () => {
    const { a, b } = await pair();
    let posts = 0;
    const alice = clientOf(a, {}, () => {
      posts += 1;
      return undefined;
    });
    await alice.connect();
    const large = new File([new Uint8Array(25 * 1024 * 1024 + 1)], 'large.bin');
    await expect(alice.direct(b).sendFile([fileOf('a', 'x'), large]).acked).rejects.toMatchObject({
      code: 'payload_too_large',
    });
    expect(posts).toBe(0);
  });
});
