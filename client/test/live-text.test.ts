import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type LiveText, liveText, watchLive } from '../src/index.ts';
import { message } from './support/builders.ts';
import { harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';
import type { ServerConnection } from './support/scripted-server.ts';

const DM = 'dm:alice:bob';
const text = (value: string) => ({ type: 'text', text: value }) as const;

/** All live frames so far: the answer to a later frame says that they have arrived. */
async function said(connection: ServerConnection, flush: () => Promise<unknown>) {
  await flush();
  return connection.frames.filter(({ action }) => action === 'live');
}

async function writing() {
  const made = await harness();
  const connection = await made.connected();
  const bob = made.im.direct('bob');
  const live = () => said(connection, () => made.im.presence(['bob']));
  const texts = async () => (await live()).map(({ content }) => content && 'text' in content && content.text);
  return { ...made, connection, bob, live, texts };
}

describe('liveText', () => {
  it('sends the first text at once and then the newest, one in 250 ms (IM-LIVE-3)', async () => {
    const { bob, clock, texts, live } = await writing();
    const writer = liveText(bob, { liveId: 'm1' });
    for (const so of ['R', 'Ra', 'Rai']) writer.write(so);
    expect(await texts()).toEqual(['R']);
    clock.advance(249);
    writer.write('Rain');
    expect(await texts()).toEqual(['R']);
    clock.advance(1);
    expect(await texts()).toEqual(['R', 'Rain']);
    clock.advance(10_000);
    writer.write({ type: 'text', text: 'Rain until noon' });
    const frames = await live();
    expect(frames).toHaveLength(3);
    expect(frames[0]).toEqual({
      action: 'live',
      id: 'live',
      to: 'bob',
      liveId: 'm1',
      index: expect.any(Number),
      content: text('R'),
    });
    const indexes = frames.map(({ index = 0 }) => index);
    expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b));
  });

  it('sends one message with the id of the live text, and no frame after it (IM-LIVE-1)', async () => {
    const { bob, clock, connection, texts } = await writing();
    const writer = liveText(bob);
    writer.write('Rain');
    writer.write('Rain until noon');
    const sent = writer.done();
    expect(await writer.done()).toBe(await sent);
    expect(await sent).toMatchObject({ clientMsgId: writer.liveId, seq: 1 });
    writer.write('more');
    writer.cancel();
    clock.advance(1_000);
    expect(await texts()).toEqual(['Rain']);
    const messages = connection.frames.filter(({ action }) => action === 'sendMessage');
    expect(messages).toMatchObject([{ clientMsgId: writer.liveId, content: text('Rain until noon') }]);
  });

  it('sends the content of done if nothing was written, and rejects if there is nothing to send', async () => {
    const { bob, texts } = await writing();
    const sudden = liveText(bob);
    expect(await sudden.done('Rain')).toMatchObject({ clientMsgId: sudden.liveId });
    await expect(liveText(bob).done()).rejects.toMatchObject({ code: 'invalid_request' });
    const cancelled = liveText(bob);
    cancelled.cancel();
    await expect(cancelled.done('Rain')).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await texts()).toEqual([]);
  });

  it('cancels a text at once, and sends no frame after that (IM-LIVE-2)', async () => {
    const { bob, clock, live } = await writing();
    const writer = liveText(bob);
    writer.write('Rain');
    writer.write('Rain until');
    writer.cancel();
    writer.cancel();
    writer.write('Rain until noon');
    clock.advance(1_000);
    const [first, last, ...others] = await live();
    expect([first?.content, last?.content, others]).toEqual([text('Rain'), null, []]);
    expect(last?.index).toBeGreaterThan(first?.index ?? 0);
  });

  it('sends nothing without a connection, and the newest text on the next one', async () => {
    const { im, server, clock, connected, entered } = await harness();
    const writer = liveText(im.direct('bob'));
    const forgotten = liveText(im.direct('bob'));
    writer.write('before');
    forgotten.write('dropped');
    forgotten.cancel();
    const first = await connected();
    const texts = async (connection: ServerConnection) =>
      (await said(connection, () => im.presence(['bob']))).map(({ content }) => content);
    expect(await texts(first)).toEqual([text('before')]);
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    writer.write('lost');
    writer.write('newest');
    const connectedAgain = entered('connected');
    clock.advance(20_000);
    const second = await server.nextConnection();
    await connectedAgain;
    expect(await texts(second)).toEqual([text('newest')]);
    second.close();
  });

  it('never shows half a character, nothing, or more than a message may hold (IM-SEND-8, IM-FRAME-5)', async () => {
    const { bob, clock, texts } = await writing();
    const writer = liveText(bob);
    for (const so of ['', ' ', 'Rain \u{1f327}'.slice(0, -1), 'x'.repeat(17_000)]) {
      writer.write(so);
      clock.advance(250);
    }
    expect(await texts()).toEqual(['Rain ']);
    await expect(writer.done()).rejects.toMatchObject({ code: 'payload_too_large' });
  });

  it('ignores a refused frame: done rejects with the reason', async () => {
    const warn = vi.fn();
    const { im, server, connected } = await harness({
      logger: { debug: () => {}, warn, error: console.error },
    });
    const connection = await connected();
    const refusal = { type: 'error', code: 'not_found', message: 'no such group', retryable: false };
    const refuse = ({ id = null }: { readonly id?: string | null }) => ({ ...refusal, id });
    server.scripts.set('live', refuse).set('sendMessage', refuse);
    const writer = liveText(im.direct('bob'));
    writer.write('Rain');
    await connection.next('live');
    await expect(writer.done()).rejects.toMatchObject({ code: 'not_found' });
    expect(warn).not.toHaveBeenCalled();
  });

  it('continues with a higher index if the program was killed and writes the same text again (IM-LIVE-2)', async () => {
    const { bob, clock, live } = await writing();
    const killed = liveText(bob, { liveId: 'answer-7' });
    for (const so of ['a', 'ab', 'abc']) {
      killed.write(so);
      clock.advance(250);
    }
    liveText(bob, { liveId: 'answer-7' }).write('a');
    const indexes = (await live()).map(({ index = 0 }) => index);
    expect(indexes.at(-1)).toBeGreaterThan(indexes.at(-2) ?? 0);
  });
});

describe('watchLive', () => {
  const live = (index: number, content: object | null = text(`text ${index}`), more: object = {}) => ({
    type: 'live',
    conversationId: DM,
    from: 'bob',
    liveId: 'm1',
    index,
    content,
    ...more,
  });

  async function watching() {
    const { im, clock, connected, heardCount } = await harness();
    const connection = await connected();
    const bob = im.direct('bob');
    const seen: (readonly LiveText[])[] = [];
    const off = watchLive(bob, (texts) => seen.push(texts));
    onTestFinished(off);
    /** The texts that are shown once all these frames have arrived. */
    const after = async (...frames: object[]): Promise<readonly string[]> => {
      for (const frame of frames) connection.send(frame);
      await im.presence(['bob']);
      await settle();
      return (seen.at(-1) ?? []).map(({ content }) => ('text' in content ? content.text : ''));
    };
    return { im, bob, clock, connection, heardCount, seen, off, after };
  }

  it('keeps the frame with the highest index of each text (IM-LIVE-2)', async () => {
    const { after, seen } = await watching();
    expect(await after(live(5), live(3), live(5, text('again')))).toEqual(['text 5']);
    expect(await after(live(1, text('other'), { liveId: 'm2' }))).toEqual(['text 5', 'other']);
    expect(await after(live(1, text('mine'), { from: 'alice' }))).toEqual(['text 5', 'other', 'mine']);
    expect(await after(live(6))).toEqual(['text 6', 'other', 'mine']);
    expect(seen.at(-1)?.map(({ key, mine }) => [key, mine])).toEqual([
      ['bob:m1', false],
      ['bob:m2', false],
      [':m1', true],
    ]);
    const elsewhere = { conversationId: 'dm:alice:carol', from: 'carol' };
    expect(await after(live(9, text('no'), elsewhere), { type: 'other' })).toHaveLength(3);
  });

  it('ends a text when its message arrives, whichever comes first (IM-LIVE-4)', async () => {
    const { after, connection, heardCount, seen } = await watching();
    expect(await after(live(1))).toEqual(['text 1']);
    connection.push(message(1, { clientMsgId: 'm1' }));
    await heardCount(1);
    expect(await after(live(2))).toEqual([]);
    connection.push(message(2, { clientMsgId: 'm2' }));
    await heardCount(2);
    const count = seen.length;
    expect(await after(live(1, text('late'), { liveId: 'm2' }))).toEqual([]);
    expect(seen).toHaveLength(count);
    expect(await after(live(1, text('same id'), { liveId: 'm2', from: 'alice' }))).toEqual(['same id']);
  });

  it('ends a text that is cancelled, whichever frame comes first (IM-LIVE-2, IM-LIVE-4)', async () => {
    const { after } = await watching();
    expect(await after(live(1), live(3, null), live(2))).toEqual([]);
    expect(await after(live(4))).toEqual(['text 4']);
  });

  it('forgets a text 15 s after its last frame (IM-LIVE-4)', async () => {
    const { after, clock } = await watching();
    await after(live(1));
    clock.advance(14_999);
    expect(await after(live(2))).toEqual(['text 2']);
    clock.advance(14_999);
    expect(await after()).toEqual(['text 2']);
    clock.advance(1);
    expect(await after()).toEqual([]);
    expect(await after(live(3))).toEqual(['text 3']);
  });

  it('notifies nobody after its end', async () => {
    const { after, clock, off, seen } = await watching();
    await after(live(1));
    off();
    const count = seen.length;
    await after(live(2));
    clock.advance(15_000);
    await settle();
    expect(seen).toHaveLength(count);
  });
});
