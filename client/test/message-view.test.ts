import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Message } from '../../protocol/frames.ts';
import { EACH_TURN } from '../../test/setup/patience.ts';
import { type MessagesSnapshot, MessageView, type Reaction } from '../src/index.ts';
import { message, oldMessage, recallPush, seqs } from './support/builders.ts';
import { fullDelays, type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const DM = 'dm:alice:bob';
const hi = { type: 'text', text: 'hi' } as const;

function open({ im }: Harness, pageSize = 3): MessageView {
  const view = new MessageView(im.direct('bob'), { pageSize });
  onTestFinished(() => view.close());
  return view;
}

/** Resolves when the view's snapshot satisfies `fits`. */
function shows(view: MessageView, fits: (snapshot: MessagesSnapshot) => boolean): Promise<MessagesSnapshot> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!fits(view.snapshot)) return;
      off();
      resolve(view.snapshot);
    };
    const off = view.subscribe(look);
    look();
  });
}

/** While `holds` is true, the answers with pages of messages wait in `held`. */
function heldPages() {
  const pages = {
    holds: false,
    held: [] as (() => void)[],
    fetch: (async (...request) => {
      const response = await globalThis.fetch(...request);
      if (pages.holds && String(request[0]).includes('/messages'))
        await new Promise<void>((resolve) => pages.held.push(resolve));
      return response;
    }) as typeof globalThis.fetch,
  };
  return pages;
}

const shown = (view: MessageView) => seqs(view.snapshot.messages);
const isQuiet = ({ isLoaded, isLoading }: MessagesSnapshot): boolean => isLoaded && !isLoading;

describe('MessageView', () => {
  it('shows the latest page, then earlier ones until there are no more', async () => {
    const parts = await harness();
    parts.server.history.push(...[1, 2, 3, 4, 5, 6, 7].map((seq) => oldMessage(seq)));
    await parts.connected();
    const view = open(parts);
    expect(view.snapshot).toMatchObject({ isLoaded: false, isLoading: true, messages: [] });
    await shows(view, isQuiet);
    expect([shown(view), view.snapshot.hasEarlier]).toEqual([[5, 6, 7], true]);
    await view.loadEarlier();
    await view.loadEarlier();
    expect([shown(view), view.snapshot.hasEarlier]).toEqual([[1, 2, 3, 4, 5, 6, 7], false]);
    await view.loadEarlier();
    expect(view.snapshot).toBe(view.snapshot);
  });

  it('shows incoming messages in order, and unsent ones last', async () => {
    const parts = await harness();
    const { server, im } = parts;
    const connection = await parts.connected();
    const view = open(parts);
    await shows(view, isQuiet);
    server.scripts.set('sendMessage', () => undefined);
    const own = im.direct('bob').send(hi);
    server.history.push(message(1));
    connection.push(message(1));
    const { messages } = await shows(view, (snapshot) => snapshot.messages.length === 2);
    expect(messages.map(({ state, seq }) => [state, seq])).toEqual([
      ['sent', 1],
      ['pending', undefined],
    ]);
    const frame = await connection.next('sendMessage');
    server.store(frame);
    connection.send({ type: 'sent', ...server.store(frame), id: frame.id });
    await own.acked;
    const after = await shows(view, (snapshot) => snapshot.messages[1]?.state === 'sent');
    expect(shown(view)).toEqual([1, 2]);
    expect(after.messages[1]?.key).toBe(messages[1]?.key);
    expect(after.messages[0]).toBe(messages[0]);
  });

  it('applies reads, recalls, failures, and discards', async () => {
    const parts = await harness();
    const { server, im } = parts;
    const connection = await parts.connected();
    const bob = im.direct('bob');
    await bob.send(hi).acked;
    const view = open(parts);
    await shows(view, isQuiet);
    connection.send({ type: 'read', conversationId: DM, userId: 'bob', seq: 1 });
    await shows(view, ({ messages: [first] }) => first?.state === 'read');
    connection.send(recallPush(1, 'alice'));
    await shows(view, ({ messages: [first] }) => first?.content.type === 'recalled');
    server.scripts.set('sendMessage', ({ id }) => ({
      type: 'error',
      id,
      code: 'forbidden',
      message: 'no',
      retryable: false,
    }));
    const refused = bob.send(hi);
    await shows(view, ({ messages }) => messages[1]?.error?.code === 'forbidden');
    expect(bob.discard(refused.clientMsgId)).toBe(true);
    expect(bob.discard(refused.clientMsgId)).toBe(false);
    await shows(view, ({ messages }) => messages.length === 1);
  });

  it('shows the messages above a gap, the gap, and the message that fills it in order', async () => {
    const parts = await harness();
    const { server, clock } = parts;
    server.history.push(oldMessage(1));
    const connection = await parts.connected();
    const view = open(parts);
    await shows(view, isQuiet);
    connection.push(message(3));
    for (let round = 0; round < 1_000 && !clock.pendingMs.includes(1_000); round++) await settle();
    clock.advance(1_000);
    const { gaps } = await shows(view, ({ messages }) => messages.length === 2);
    expect([shown(view), gaps]).toEqual([[1, 3], [{ from: 2, to: 2, state: 'open' }]]);
    connection.push(message(2));
    await shows(view, (snapshot) => snapshot.gaps.length === 0 && snapshot.messages.length === 3);
    expect(shown(view)).toEqual([1, 2, 3]);
  });

  it('shows after a reconnect what was recalled in the meantime', async () => {
    const parts = await harness(fullDelays);
    const { server, clock, entered } = parts;
    server.history.push(oldMessage(1));
    const first = await parts.connected();
    const view = open(parts);
    await shows(view, isQuiet);
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    server.history[0] = oldMessage(1, { content: { type: 'recalled', by: 'bob', at: 5 }, rev: 1 });
    clock.advance(500);
    await shows(view, ({ messages: [only] }) => only?.content.type === 'recalled');
  });

  describe('after a reconnect', () => {
    const recalled = (seq: number) =>
      oldMessage(seq, { content: { type: 'recalled', by: 'bob', at: 5 }, rev: 1 });

    async function withEarlierPage() {
      const parts = await harness(fullDelays);
      const { server, clock, entered } = parts;
      server.history.push(...[1, 2, 3, 4, 5, 6].map((seq) => oldMessage(seq)));
      const first = await parts.connected();
      const view = open(parts);
      await shows(view, isQuiet);
      await view.loadEarlier();
      const reconnect = async () => {
        const reconnecting = entered('reconnecting');
        first.cut();
        await reconnecting;
        clock.advance(500);
      };
      return { ...parts, connections: [first], view, reconnect };
    }

    it('shows changes in earlier pages, too (IM-CHANGE-4)', async () => {
      const { server, view, reconnect } = await withEarlierPage();
      expect(shown(view)).toEqual([1, 2, 3, 4, 5, 6]);
      server.history[1] = recalled(2);
      await reconnect();
      const { messages } = await shows(view, (snapshot) => snapshot.messages[1]?.rev === 1);
      expect(messages[1]).toMatchObject({ key: 'bob:c2', content: { type: 'recalled' } });
      expect(server.requests.filter((path) => path.includes('/changes'))).toEqual([
        expect.stringContaining('/changes?since='),
      ]);
    });

    it('shows all that an erasure changed, also in earlier pages, when it is told of one message (IM-ERASE-5)', async () => {
      const { server, view, connections } = await withEarlierPage();
      const erased = (seq: number) => oldMessage(seq, { content: { type: 'erased' }, rev: 1 });
      for (const seq of [2, 4, 5]) server.history[seq - 1] = erased(seq);
      const change = { kind: 'erased', by: 'system' } as const;
      connections[0]?.send({ type: 'changed', conversationId: DM, change, message: erased(5) });
      const { messages } = await shows(
        view,
        (snapshot) => snapshot.messages[1]?.rev === 1 && isQuiet(snapshot),
      );
      expect(messages.map(({ content }) => content.type)).toEqual([
        'text',
        'erased',
        'text',
        'erased',
        'erased',
        'text',
      ]);
    });

    it('asks for no changes if only the latest page is loaded, which is read again', async () => {
      const parts = await harness(fullDelays);
      parts.server.history.push(oldMessage(1));
      await parts.connected();
      const view = open(parts);
      await shows(view, isQuiet);
      await view.reload();
      expect(parts.server.requests.filter((path) => path.includes('/changes'))).toEqual([]);
    });

    it('drops the earlier pages if there are too many changes, and loads them again on request (IM-CHANGE-2)', async () => {
      const { server, view, reconnect } = await withEarlierPage();
      server.history[1] = recalled(2);
      const body = { messages: [], cursor: null, serverTime: 1, reset: true };
      server.httpAnswers.set('/conversations/dm:alice:bob/changes', { status: 200, body });
      await reconnect();
      await shows(view, (snapshot) => snapshot.messages.length === 3 && snapshot.hasEarlier);
      await shows(view, isQuiet);
      await view.loadEarlier();
      expect(view.snapshot.messages.map(({ rev }) => rev)).toEqual([0, 1, 0, 0, 0, 0]);
    });

    it('has the error while the changes could not be read (IM-CHANGE-4)', async () => {
      const { server, view, reconnect } = await withEarlierPage();
      server.history[1] = recalled(2);
      server.httpAnswers.set('/conversations/dm:alice:bob/changes', { status: 503, body: '' });
      await reconnect();
      await shows(view, ({ error }) => error !== undefined);
      server.httpAnswers.clear();
      await view.reload();
      expect(view.snapshot).toMatchObject({ error: undefined, messages: [{}, { rev: 1 }, {}, {}, {}, {}] });
    });
  });

  describe('going back to a message that is not loaded', () => {
    async function withMany(count = 250) {
      const parts = await harness(fullDelays);
      parts.server.history.push(...Array.from({ length: count }, (_, index) => oldMessage(index + 1)));
      await parts.connected();
      const view = open(parts);
      const pages = () => parts.server.requests.filter((path) => path.includes('/messages'));
      return { ...parts, view, pages };
    }

    it('loads all pages in between, a hundred messages each, even before the first page is there', async () => {
      const { view, pages } = await withMany();
      expect(await view.loadBackTo(100)).toBe(true);
      expect(shown(view)).toEqual(Array.from({ length: 203 }, (_, index) => index + 48));
      expect(pages()).toHaveLength(3);
      expect(await view.loadBackTo(48)).toBe(true);
      expect(pages()).toHaveLength(3);
    });

    it('ends at the first message, and reports that the wanted one does not exist', async () => {
      const { view, server } = await withMany(5);
      server.history.splice(0, 2);
      expect(await view.loadBackTo(1)).toBe(false);
      expect(shown(view)).toEqual([3, 4, 5]);
    });

    it('ends when a page can not be loaded, and when the view is closed', async () => {
      const { view, server, pages } = await withMany();
      await shows(view, isQuiet);
      server.httpAnswers.set('/conversations/dm:alice:bob/messages', { status: 503, body: '' });
      expect(await view.loadBackTo(1)).toBe(false);
      expect(view.snapshot.error).toBeDefined();
      server.httpAnswers.clear();
      const asked = pages().length;
      const going = view.loadBackTo(1);
      view.close();
      expect(await going).toBe(false);
      expect(pages().length - asked).toBeLessThan(2);
    });
  });

  describe('a changed message (IM-CHANGE-1)', () => {
    const edited = (seq: number) => oldMessage(seq, { content: { type: 'text', text: 'edited' }, rev: 1 });
    const revs = (view: MessageView) => view.snapshot.messages.map(({ seq, rev }) => [seq, rev]);
    const PAGES = '/conversations/dm:alice:bob/messages';

    it('is not replaced by an older page, requested before the change', async () => {
      const pages = heldPages();
      const { held } = pages;
      const parts = await harness({ environment: { fetch: pages.fetch } });
      parts.server.history.push(oldMessage(1));
      await parts.connected();
      const view = open(parts);
      await shows(view, isQuiet);
      pages.holds = true;
      const early = view.reload();
      await expect.poll(() => held.length, EACH_TURN).toBe(1);
      parts.server.history[0] = edited(1);
      const late = view.reload();
      await expect.poll(() => held.length, EACH_TURN).toBe(2);
      held[1]?.();
      await late;
      held[0]?.();
      await early;
      expect(revs(view)).toEqual([[1, 1]]);
    });

    it('is not replaced by its first push, if that arrives after the page with the change', async () => {
      const parts = await harness();
      const connection = await parts.connected();
      parts.server.history.push(message(1, { rev: 1, content: { type: 'text', text: 'edited' } }));
      const view = open(parts);
      await shows(view, isQuiet);
      connection.push(message(1));
      await parts.heardCount(1);
      await settle();
      expect(revs(view)).toEqual([[1, 1]]);
    });

    it('is shown changed when another device changed it before its ack arrives here', async () => {
      const parts = await harness();
      const connection = await parts.connected();
      const view = open(parts);
      await shows(view, isQuiet);
      parts.server.scripts.set('sendMessage', () => undefined);
      const own = parts.im.direct('bob').send(hi);
      const frame = await connection.next('sendMessage');
      const sent = parts.server.store(frame) as { seq: number };
      const push = recallPush(sent.seq, 'alice');
      const clientMsgId = own.clientMsgId;
      connection.send({ ...push, message: { ...push.message, clientMsgId } });
      connection.send({ type: 'sent', ...sent, id: frame.id });
      await own.acked;
      await shows(view, ({ messages: [first] }) => first?.content.type === 'recalled');
    });

    it('is shown changed when its push arrives in place of a lost ack', async () => {
      const parts = await harness();
      const connection = await parts.connected();
      const view = open(parts);
      await shows(view, isQuiet);
      parts.server.scripts.set('sendMessage', () => undefined);
      const own = parts.im.direct('bob').send(hi);
      const sent = parts.server.store(await connection.next('sendMessage')) as { seq: number };
      const { clientMsgId } = own;
      connection.push(message(sent.seq, { from: 'alice', clientMsgId, rev: 1, content: hi }));
      await own.acked;
      await shows(view, ({ messages: [first] }) => first?.rev === 1 && first.state === 'sent');
    });

    it('loses the fields that the change removed', async () => {
      const parts = await harness();
      const connection = await parts.connected();
      parts.server.history.push(oldMessage(1, { mentions: ['alice'] }));
      const view = open(parts);
      await shows(view, isQuiet);
      connection.send(recallPush(1, 'bob'));
      const { messages } = await shows(view, ({ messages: [first] }) => first?.rev === 1);
      expect(messages[0]?.mentions).toBeUndefined();
    });

    describe('by reactions (IM-REACT)', () => {
      const thumbs = (count: number, more: Partial<Reaction> = {}) => [{ name: '👍', count, ...more }];
      const reacted = (rev: number, by: string, on: boolean, reactions: readonly Reaction[]) => ({
        type: 'changed',
        conversationId: DM,
        change: { kind: 'reacted', by, name: '👍', on },
        message: oldMessage(1, { rev, reactions }),
      });
      const reactions = async (view: MessageView, rev: number) =>
        (await shows(view, ({ messages: [first] }) => first?.rev === rev)).messages[0]?.reactions;
      const start = async (first: Partial<Message>) => {
        const parts = await harness();
        parts.server.history.push(oldMessage(1, first));
        const connection = await parts.connected();
        const view = open(parts);
        await shows(view, isQuiet);
        return { parts, connection, view };
      };

      it('keeps who reacted and which are mine, and changes them by what a push says', async () => {
        const { connection, view } = await start({
          rev: 2,
          reactions: thumbs(2, { users: ['carol', 'alice'], mine: true }),
        });
        connection.send(reacted(3, 'bob', true, thumbs(3)));
        expect(await reactions(view, 3)).toEqual(thumbs(3, { users: ['carol', 'alice', 'bob'], mine: true }));
        connection.send(reacted(4, 'alice', false, thumbs(2)));
        expect(await reactions(view, 4)).toEqual(thumbs(2, { users: ['carol', 'bob'] }));
        connection.send(reacted(5, 'alice', true, thumbs(3)));
        expect(await reactions(view, 5)).toEqual(thumbs(3, { users: ['carol', 'bob', 'alice'], mine: true }));
        connection.send(reacted(4, 'alice', false, thumbs(2)));
        connection.push(message(2));
        await shows(view, ({ messages }) => messages.length === 2);
        expect(await reactions(view, 5)).toMatchObject(thumbs(3, { mine: true }));
      });

      it('prefers the users and mine of a page to a push of the same rev', async () => {
        const { parts, connection, view } = await start({});
        connection.send(reacted(1, 'bob', true, thumbs(7)));
        await reactions(view, 1);
        const complete = thumbs(7, { users: ['c', 'd', 'e', 'f', 'g'], mine: true });
        parts.server.history[0] = oldMessage(1, { rev: 1, reactions: complete });
        await view.reload();
        expect(await reactions(view, 1)).toEqual(complete);
      });
    });

    it.each([
      ['are listed', {}, [0, 1, 0, 0, 0, 0]],
      ['are too many to list', { reset: true as const, messages: [] }, [0, 0, 0]],
    ])('is found when the latest page fails at first, and the changes %s', async (_, answer, expected) => {
      const parts = await harness(fullDelays);
      const { server, clock, entered } = parts;
      server.history.push(...[1, 2, 3].map((seq) => oldMessage(seq)));
      const first = await parts.connected();
      const view = open(parts);
      await shows(view, isQuiet);
      const reconnecting = entered('reconnecting');
      first.cut();
      await reconnecting;
      server.history[1] = edited(2);
      server.history.push(...[4, 5, 6].map((seq) => oldMessage(seq)));
      server.httpAnswers.set(PAGES, { status: 503, body: '' });
      const body = { messages: [edited(2)], cursor: null, serverTime: 1, ...answer };
      server.httpAnswers.set('/conversations/dm:alice:bob/changes', { status: 200, body });
      clock.advance(500);
      await shows(view, ({ error }) => error !== undefined);
      server.httpAnswers.delete(PAGES);
      clock.advance(5_000);
      const { messages } = await shows(
        view,
        (snapshot) =>
          isQuiet(snapshot) &&
          snapshot.messages.length === expected.length &&
          snapshot.messages.at(-1)?.seq === 6,
      );
      expect(messages.map(({ rev }) => rev)).toEqual(expected);
    });
  });

  it('is complete if it was loaded before connecting', async () => {
    const parts = await harness();
    const { server } = parts;
    server.history.push(...[1, 2, 3, 4].map((seq) => oldMessage(seq)));
    const view = open(parts);
    await shows(view, isQuiet);
    expect(shown(view)).toEqual([2, 3, 4]);
    server.history.push(...[5, 6, 7, 8, 9].map((seq) => oldMessage(seq)));
    await parts.connected();
    await shows(view, ({ messages }) => messages.at(-1)?.seq === 9);
    // A page in between was missing: the view starts again instead of showing a hole.
    expect([shown(view), view.snapshot.hasEarlier]).toEqual([[7, 8, 9], true]);
  });

  it('shows no hole if an earlier page comes only after the pages above it were dropped', async () => {
    const parts = await harness(fullDelays);
    const { server, clock } = parts;
    server.history.push(...[1, 2, 3, 4].map((seq) => oldMessage(seq)));
    const view = open(parts);
    await shows(view, isQuiet);
    const path = `/conversations/${DM}/messages`;
    server.httpAnswers.set(path, { status: 503, body: '' });
    await view.loadEarlier();
    server.httpAnswers.delete(path);
    server.history.push(...[5, 6, 7, 8, 9].map((seq) => oldMessage(seq)));
    await parts.connected();
    await shows(view, ({ messages }) => messages.at(-1)?.seq === 9);
    await shows(view, isQuiet);
    clock.advance(500);
    await settle();
    await shows(view, isQuiet);
    await view.loadEarlier();
    await view.loadEarlier();
    expect([shown(view), view.snapshot.hasEarlier]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9], false]);
  });

  it('reports why a page could not be loaded, and loads it on reload', async () => {
    const parts = await harness();
    const { server } = parts;
    await parts.connected();
    server.httpAnswers.set(`/conversations/${DM}`, { status: 503, body: '' });
    const view = open(parts);
    await shows(view, ({ isLoading }) => !isLoading);
    expect(view.snapshot).toMatchObject({ isLoaded: false, error: { code: 'network' } });
    server.httpAnswers.clear();
    await view.reload();
    expect(view.snapshot).toMatchObject({ isLoaded: true, error: undefined });
  });

  it('keeps the error of an earlier page when the latest one is loaded', async () => {
    const parts = await harness();
    const { server } = parts;
    server.history.push(...[1, 2, 3, 4].map((seq) => oldMessage(seq)));
    await parts.connected();
    const view = open(parts);
    await shows(view, isQuiet);
    const path = `/conversations/${DM}/messages`;
    server.httpAnswers.set(path, { status: 503, body: '' });
    await view.loadEarlier();
    server.httpAnswers.delete(path);
    await view.reload();
    expect(view.snapshot).toMatchObject({ hasEarlier: true, error: { code: 'network' } });
    await view.loadEarlier();
    expect(view.snapshot).toMatchObject({ hasEarlier: false, error: undefined });
  });

  it.each(['latest', 'earlier'] as const)(
    'retries a page that could not be loaded, and has the error meanwhile: %s',
    async (which) => {
      const parts = await harness(fullDelays);
      const { server, clock } = parts;
      server.history.push(...[1, 2, 3, 4].map((seq) => oldMessage(seq)));
      await parts.connected();
      const path = `/conversations/${DM}/messages`;
      if (which === 'latest') server.httpAnswers.set(path, { status: 503, body: '' });
      const view = open(parts);
      await shows(view, ({ isLoading }) => !isLoading);
      server.httpAnswers.set(path, { status: 503, body: '' });
      if (which === 'earlier') await view.loadEarlier();
      for (const delayMs of [500, 1_000]) {
        expect(view.snapshot).toMatchObject({ isLoading: false, error: { code: 'network' } });
        clock.advance(delayMs - 1);
        expect(view.snapshot.isLoading).toBe(false);
        clock.advance(1);
        expect(view.snapshot.isLoading).toBe(true);
        await shows(view, ({ isLoading }) => !isLoading);
      }
      server.httpAnswers.delete(path);
      clock.advance(2_000);
      await shows(view, ({ error }) => error === undefined);
      expect(shown(view)).toEqual(which === 'latest' ? [2, 3, 4] : [1, 2, 3, 4]);
    },
  );

  it('requests no page once it is closed', async () => {
    const parts = await harness(fullDelays);
    const { server, clock } = parts;
    await parts.connected();
    server.httpAnswers.set(`/conversations/${DM}`, { status: 503, body: '' });
    const [failed, loading] = [open(parts), open(parts)];
    await shows(failed, ({ error }) => error !== undefined);
    failed.close();
    loading.close();
    await shows(loading, ({ error, isLoading }) => error !== undefined || !isLoading);
    server.requests.length = 0;
    clock.advance(60_000);
    expect(failed.snapshot.isLoading || loading.snapshot.isLoading).toBe(false);
  });

  it('has the error of the page that was requested last, whichever answer comes last', async () => {
    const held: (() => void)[] = [];
    const fetch: typeof globalThis.fetch = async (...request) => {
      if (String(request[0]).includes('/messages')) await new Promise<void>((resolve) => held.push(resolve));
      return globalThis.fetch(...request);
    };
    const parts = await harness({ environment: { fetch } });
    const { server } = parts;
    await parts.connected();
    const view = open(parts);
    const later = view.reload();
    await vi.waitFor(() => expect(held).toHaveLength(2), EACH_TURN);
    const path = `/conversations/${DM}/messages`;
    server.httpAnswers.set(path, { status: 404, body: { code: 'not_found', message: '', retryable: false } });
    held[1]?.();
    await later.catch(() => {});
    await shows(view, ({ error }) => error?.code === 'not_found');
    server.httpAnswers.delete(path);
    held[0]?.();
    await shows(view, ({ isLoading }) => !isLoading);
    expect(view.snapshot.error).toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['g', 'removed', 'joined', { users: ['alice'], by: 'bob' }],
    ['g', 'left', 'joined', { users: ['alice'], by: 'alice' }],
    ['cs', 'requeued', 'assigned', { users: ['alice'], by: 'alice' }],
    ['cs', 'transferred', 'transferred', { users: ['bob'], by: 'alice' }],
  ] as const)(
    'has the error not_found without a request while this user is not a member (%s: %s), and loads again when they rejoin (IM-CHANGE-3)',
    async (prefix, loss, back, about) => {
      const parts = await harness();
      const { server, im } = parts;
      const conversationId = `${prefix}:01ARZ3NDEKTSV4RRFFQ69G5FAV`;
      const happens = (seq: number, event: typeof loss | typeof back, facts: typeof about | object) => {
        const content = { type: 'system', event, users: ['alice'], by: 'bob', ...facts } as const;
        return oldMessage(seq, { conversationId, content });
      };
      server.history.push(oldMessage(1, { conversationId }));
      const connection = await parts.connected();
      const view = new MessageView(im.conversation(conversationId));
      onTestFinished(() => view.close());
      await shows(view, isQuiet);
      server.requests.length = 0;
      // A change of another user by another is no loss of this user.
      connection.push(happens(2, loss, { users: ['carol'], by: 'bob' }));
      await shows(view, ({ messages }) => messages.length === 2);
      expect(view.snapshot.error).toBeUndefined();
      connection.push(happens(3, loss, about));
      await shows(view, ({ error }) => error?.code === 'not_found');
      await settle();
      expect(shown(view)).toEqual([1, 2, 3]);
      expect(server.requests).toEqual([]);
      connection.push(happens(4, back, {}));
      await shows(view, ({ error }) => error === undefined);
      expect(shown(view)).toEqual([1, 2, 3, 4]);
      expect(server.requests).not.toEqual([]);
    },
  );

  it.each([
    ['', false],
    [', also if a page was under way at the loss', true],
  ])(
    'shows a user who rejoins only what they may read now, since the rest may have changed%s (IM-CHANGE-4)',
    async (_, isUnderWay) => {
      const pages = heldPages();
      const { held } = pages;
      const parts = await harness({ environment: { fetch: pages.fetch } });
      const { server, im } = parts;
      const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
      const happens = (seq: number, event: 'removed' | 'joined') => {
        const content = { type: 'system', event, users: ['alice'], by: 'bob' } as const;
        return oldMessage(seq, { conversationId, content });
      };
      server.history.push(oldMessage(1, { conversationId }), oldMessage(2, { conversationId }));
      const connection = await parts.connected();
      const view = new MessageView(im.conversation(conversationId));
      onTestFinished(() => view.close());
      await shows(view, isQuiet);
      pages.holds = isUnderWay;
      const reloaded = isUnderWay && view.reload();
      if (isUnderWay) await vi.waitFor(() => expect(held).toHaveLength(1), EACH_TURN);
      connection.push(happens(3, 'removed'));
      await shows(view, ({ error }) => error?.code === 'not_found');
      pages.holds = false;
      held[0]?.();
      await reloaded;
      expect(shown(view)).toEqual([1, 2, 3]);
      server.history.splice(0, 2, happens(4, 'joined'));
      connection.push(happens(4, 'joined'));
      await shows(view, ({ error }) => error === undefined);
      expect([shown(view), view.snapshot.hasEarlier]).toEqual([[4], false]);
    },
  );

  describe('of a group that its user left and joined again (IM-CHANGE-3)', () => {
    const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const happens = (seq: number, event: 'removed' | 'joined') => {
      const content = { type: 'system', event, users: ['alice'], by: 'bob' } as const;
      return oldMessage(seq, { conversationId, content });
    };
    /** A view of the group's latest two messages, of three. */
    async function viewed(parts: Harness) {
      parts.server.history.push(...[1, 2, 3].map((seq) => oldMessage(seq, { conversationId })));
      const connection = await parts.connected();
      const view = new MessageView(parts.im.conversation(conversationId), { pageSize: 2 });
      onTestFinished(() => view.close());
      await shows(view, isQuiet);
      return { connection, view };
    }

    it.each([
      ['', false],
      [', also if a page was under way', true],
    ])('shows what they may read now, though the push of the loss was missed%s', async (_, isUnderWay) => {
      const pages = heldPages();
      const parts = await harness({ environment: { fetch: pages.fetch } });
      const { connection, view } = await viewed(parts);
      pages.holds = isUnderWay;
      const reloaded = isUnderWay && view.reload();
      if (isUnderWay) await vi.waitFor(() => expect(pages.held).toHaveLength(1), EACH_TURN);
      parts.server.history.splice(0, 3, happens(5, 'joined'));
      connection.push(happens(5, 'joined'));
      await shows(view, ({ messages }) => messages.at(-1)?.seq === 5);
      if (isUnderWay) await vi.waitFor(() => expect(pages.held).toHaveLength(2), EACH_TURN);
      pages.held[0]?.();
      await reloaded;
      pages.held[1]?.();
      await shows(view, isQuiet);
      expect([shown(view), view.snapshot.hasEarlier]).toEqual([[5], false]);
    });

    it('is no loss if its message comes after that of the return', async () => {
      const parts = await harness();
      const { connection, view } = await viewed(parts);
      parts.server.history.splice(0, 3, happens(5, 'joined'));
      connection.push(happens(5, 'joined'));
      await shows(view, ({ messages }) => messages.at(-1)?.seq === 5);
      connection.push(happens(4, 'removed'), oldMessage(6, { conversationId }));
      await shows(view, (snapshot) => snapshot.messages.at(-1)?.seq === 6 && isQuiet(snapshot));
      expect(view.snapshot.error).toBeUndefined();
    });

    it.each([503, 404])('has no error of a request from before the loss: %i', async (status) => {
      const parts = await harness(fullDelays);
      const { server, clock, entered } = parts;
      const { connection, view } = await viewed(parts);
      await view.loadEarlier();
      expect(shown(view)).toEqual([1, 2, 3]);
      const asked = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<void>();
      server.httpAnswers.set(`/conversations/${conversationId}/changes`, async () => {
        asked.resolve();
        await answered.promise;
        return { status, body: status === 404 ? { code: 'not_found', message: '', retryable: false } : '' };
      });
      const reconnecting = entered('reconnecting');
      connection.cut();
      await reconnecting;
      const next = server.nextConnection();
      clock.advance(500);
      const again = await next;
      await asked.promise;
      if (status === 503) answered.resolve();
      if (status === 503) await shows(view, ({ error }) => error?.code === 'network');
      again.push(happens(4, 'removed'));
      await shows(view, ({ messages }) => messages.at(-1)?.seq === 4);
      server.history.splice(0, 3, happens(5, 'joined'));
      again.push(happens(5, 'joined'));
      await shows(view, () => shown(view)[0] === 5);
      answered.resolve();
      await shows(view, isQuiet);
      expect(view.snapshot.error).toBeUndefined();
    });
  });

  it('drops the failure of a page that was requested before a loss, and does not retry it (IM-CHANGE-3)', async () => {
    const parts = await harness();
    const { server, im, clock } = parts;
    const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    server.httpAnswers.set(`/conversations/${conversationId}/messages`, {
      status: 503,
      body: { code: 'unavailable', message: '', retryable: true },
    });
    const connection = await parts.connected();
    const view = new MessageView(im.conversation(conversationId));
    onTestFinished(() => view.close());
    await shows(view, ({ error }) => error?.code === 'unavailable');
    const content = { type: 'system', event: 'removed', users: ['alice'], by: 'bob' } as const;
    connection.push(oldMessage(1, { conversationId, content }));
    await shows(view, ({ error }) => error?.code === 'not_found');
    server.requests.length = 0;
    clock.advance(60_000);
    await settle();
    expect([server.requests, view.snapshot.error?.code]).toEqual([[], 'not_found']);
  });

  it('is ordered, complete, and without repeats, in whatever order messages and pages arrive (IM-PUSH-1)', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ push: fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 5 }) }),
        fc.constant('earlier' as const),
        fc.constant('reload' as const),
        fc.constant('time' as const),
      ),
      { maxLength: 15 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const parts = await harness();
        const { server, clock } = parts;
        server.history.push(...Array.from({ length: 10 }, (_, index) => oldMessage(index + 1)));
        const connection = await parts.connected();
        const view = open(parts);
        await shows(view, isQuiet);
        const check = (): void => {
          const list = shown(view);
          expect(list).toEqual([...new Set(list)].sort((a = 0, b = 0) => a - b));
        };
        const off = view.subscribe(check);
        for (const step of plan) {
          if (step === 'earlier') await view.loadEarlier();
          else if (step === 'reload') await view.reload();
          else if (step === 'time') clock.advance(600);
          else {
            for (const seq of step.push)
              if (!server.history.some((stored) => stored.seq === seq)) server.history.push(message(seq));
            connection.push(
              ...step.push.map((seq) => server.history.find((one) => one.seq === seq) ?? message(seq)),
            );
          }
        }
        // Enough time to look for every hole and read the rest of history.
        while (view.snapshot.hasEarlier) await view.loadEarlier();
        const stored = seqs(server.history).sort((a = 0, b = 0) => a - b);
        for (let round = 0; round < 200 && shown(view).length < stored.length; round++) {
          clock.advance(500);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        expect(shown(view)).toEqual(stored);
        off();
        view.close();
        parts.im.close();
        await server.stop();
      }),
      { numRuns: 25 },
    );
  });
});
