// @vitest-environment happy-dom
// @vitest-environment-options { "settings": { "fetch": { "disableSameOriginPolicy": true } } }
import { act, createElement, type ReactElement, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EACH_TURN } from '../../test/setup/patience.ts';
import {
  type ChatMessage,
  type Client,
  type Conversation,
  changeSettings,
  memoryStore,
} from '../src/index.ts';
import {
  type UseMessages,
  useAttachment,
  useBlocks,
  useConnection,
  useContacts,
  useConversations,
  useLiveTexts,
  useMessage,
  useMessages,
  usePins,
  usePresence,
  useProfile,
  useSettings,
  useTyping,
} from '../src/react/index.ts';
import { message, oldMessage, recallPush } from './support/builders.ts';
import { fullDelays, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';
import type { ServerConnection } from './support/scripted-server.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const DM = 'dm:alice:bob';
const unsent = {
  ...message(0),
  key: '',
  mine: true,
  state: 'pending',
  seq: undefined,
} as unknown as ChatMessage;
const CAROL = 'dm:alice:carol';

function render(element: ReactElement) {
  const container = document.createElement('div');
  const root = createRoot(container);
  act(() => root.render(element));
  onTestFinished(() => act(() => root.unmount()));
  return { container, root, text: () => container.textContent ?? '' };
}

/** Waits for the rendered text, and lets React work meanwhile. */
async function screen(text: () => string, wanted: string): Promise<void> {
  const look = async () => {
    await act(settle);
    expect(text()).toBe(wanted);
  };
  await vi.waitFor(look, EACH_TURN);
}

function Picture({ conversation }: { conversation: Conversation }) {
  const { messages } = useMessages(conversation);
  const { url, error, reload } = useAttachment(conversation, messages[0] ?? unsent, 'A');
  return createElement(
    'button',
    { type: 'button', onClick: reload },
    `${messages.length} ${url} ${error?.code}`,
  );
}

function Overview({ im }: { im: Client }) {
  const { current } = useConnection(im);
  const list = useConversations(im);
  const rows = list?.map(({ peer, unread }) => `${peer}:${unread}`) ?? '–';
  return createElement('p', null, `${current} ${rows}`);
}

function Name({ im, userId }: { im: Client; userId?: string | undefined }) {
  const profile = useProfile(im, userId);
  if (userId === undefined) return null;
  return createElement('span', null, `${profile?.name ?? userId}${profile === undefined ? '…' : ''} `);
}

function Lists({ im }: { im: Client }) {
  const contacts = useContacts(im);
  const blocks = useBlocks(im);
  const { muted } = useSettings(im.direct('bob'));
  const names = contacts?.map(({ alias }) => alias).join() || contacts?.length;
  return createElement(
    'p',
    null,
    `${names} ${blocks?.map(({ userId }) => userId)} ${muted ? 'muted' : 'unmuted'}`,
  );
}

/** Runs what a button would call. */
const controls: Partial<Pick<UseMessages, 'loadEarlier'>> = {};

function Messages({ of }: { of: Conversation }) {
  const { messages, isLoaded, hasEarlier, loadEarlier } = useMessages(of, { pageSize: 2 });
  useEffect(() => {
    controls.loadEarlier = loadEarlier;
  }, [loadEarlier]);
  const rows = messages.map(({ from, seq }) => `${from}${seq}`);
  return createElement('p', null, `${isLoaded} ${hasEarlier} ${rows}`);
}

function Original({ of, seq }: { of: Conversation; seq: number | undefined }) {
  const found = useMessage(of, seq);
  const { content } = found ?? {};
  return createElement('p', null, content?.type === 'text' ? content.text : `${content?.type ?? found}`);
}

function Unsent({ of }: { of: Conversation }) {
  const { messages } = useMessages(of);
  return createElement(
    'p',
    null,
    messages.map(({ state, content }) => `${state} ${content.type === 'text' && content.text}`),
  );
}

function Typing({ of }: { of: Conversation }) {
  return createElement('p', null, useTyping(of).join());
}

function Live({ of }: { of: Conversation }) {
  const { messages } = useMessages(of);
  const texts = useLiveTexts(of);
  const all = [...messages, ...texts].map(({ key, content }) =>
    createElement('li', { key }, content.type === 'text' && content.text),
  );
  return createElement('ol', null, all);
}

function PinsBar({ of }: { of: Conversation }) {
  return createElement(
    'p',
    null,
    usePins(of)
      .messages.map(({ seq }) => seq)
      .join(' '),
  );
}

function Presence({ im, userId }: { im: Client; userId: string }) {
  const presence = usePresence(im, userId);
  return createElement('i', null, presence === undefined ? '?' : presence.online ? '1' : '0');
}

/** The presence of these users, after the first answer. */
async function presences(...userIds: string[]) {
  const made = await harness();
  const { im, connected } = made;
  const row = (userId: string, key: number) => createElement(Presence, { im, userId, key });
  const { root, text } = render(createElement('p', null, userIds.map(row)));
  expect(text()).toBe('?'.repeat(userIds.length));
  const connection = await act(() => connected());
  await connection.next('presence');
  await screen(text, userIds.map((userId) => (userId === 'bob' ? '1' : '0')).join(''));
  return { ...made, connection, root, row, text };
}

const asked = ({ frames }: ServerConnection) =>
  frames.filter(({ action }) => action === 'presence').map(({ userIds }) => userIds);

describe('the hooks', () => {
  it('useConnection and useConversations show the client’s state from the first render on', async () => {
    const { im, server, connected } = await harness();
    server.history.push(oldMessage(1));
    const { text } = render(createElement(Overview, { im }));
    expect(text()).toBe('idle –');
    expect(renderToString(createElement(Overview, { im }))).toBe('<p>idle –</p>');
    await act(() => connected());
    await screen(text, 'connected bob:1');
    act(() => im.direct('bob').markRead(1));
    await screen(text, 'connected bob:0');
  });

  it('useMessages shows a conversation, switches to another, and closes its views', async () => {
    const { im, server, connected } = await harness();
    server.history.push(
      oldMessage(1),
      oldMessage(2),
      oldMessage(3),
      oldMessage(1, { conversationId: 'dm:alice:carol', from: 'carol' }),
    );
    const connection = await connected();
    const { root, text } = render(createElement(Messages, { of: im.direct('bob') }));
    await screen(text, 'true true bob2,bob3');
    server.history.push(message(4));
    connection.push(message(4));
    await screen(text, 'true true bob2,bob3,bob4');
    await act(() => controls.loadEarlier?.());
    await screen(text, 'true false bob1,bob2,bob3,bob4');
    act(() => root.render(createElement(Messages, { of: im.direct('carol') })));
    await screen(text, 'true false carol1');
  });

  it('useMessages shows what an earlier run left unsent, before any connection', async () => {
    const store = memoryStore();
    const earlier = await harness({ store });
    earlier.im.direct('bob').send({ type: 'text', text: 'written in a tunnel' });
    earlier.im.close();
    const { im } = await harness({ store });
    const { text } = render(createElement(Unsent, { of: im.direct('bob') }));
    await screen(text, 'pending written in a tunnel');
  });

  it('useAttachment shows the link, keeps it over a reconnect, asks again on request, and says why there is none', async () => {
    const parts = await harness(fullDelays);
    const { im, server } = parts;
    const bob = im.direct('bob');
    const attachment = { attachmentId: 'A', name: 'a', size: 1, type: 'image/png' };
    server.history.push(message(1, { content: { type: 'file', attachments: [attachment] } }));
    let asked = 0;
    let status = 503;
    const error = () => ({
      code: status === 503 ? 'unavailable' : 'not_found',
      message: 'no',
      retryable: status === 503,
    });
    server.httpAnswers.set(`/conversations/${DM}/messages/1/attachments`, () => {
      asked += 1;
      const link = { attachmentId: 'A', url: `https://a/${asked}`, expiresAt: 0 };
      return { status, body: status === 200 ? { attachments: [link] } : error() };
    });
    const first = await parts.connected();
    const { container, text } = render(createElement(Picture, { conversation: bob }));
    await screen(text, '1 undefined unavailable');
    status = 200;
    await act(async () => parts.clock.advance(500));
    await screen(text, '1 https://a/2 undefined');
    const again = parts.entered('connected');
    first.cut();
    await parts.entered('reconnecting');
    parts.clock.advance(1_000);
    await again;
    await screen(text, '1 https://a/2 undefined');
    await act(async () => container.querySelector('button')?.click());
    await screen(text, '1 https://a/3 undefined');
    status = 404;
    await act(async () => container.querySelector('button')?.click());
    await screen(text, '1 undefined not_found');
    expect(asked).toBe(4);
  });

  it('useMessage shows one message that is not among the shown ones, as it is now (IM-REPLY)', async () => {
    const { im, server, clock, connected, entered } = await harness(fullDelays);
    server.history.push(oldMessage(1), oldMessage(2));
    const connection = await connected();
    const bob = im.direct('bob');
    const page = '/conversations/dm:alice:bob/messages';
    server.httpAnswers.set(page, { status: 503, body: '' });
    const { root, text } = render(createElement(Original, { of: bob, seq: 1 }));
    const hasFailed = () => {
      expect(server.requests.at(-1)).toContain('before=2');
      expect(clock.pendingMs).toContain(500);
    };
    await act(() => vi.waitFor(hasFailed, EACH_TURN));
    expect(text()).toBe('undefined');
    server.httpAnswers.clear();
    act(() => clock.advance(500));
    await screen(text, 'message 1');
    connection.send(recallPush(1, 'bob'));
    await screen(text, 'recalled');
    const asked = server.requests.length;
    act(() => root.render(createElement(Original, { of: bob, seq: undefined })));
    expect([text(), server.requests.length]).toEqual(['undefined', asked]);
    act(() => root.render(createElement(Original, { of: bob, seq: 3 })));
    await screen(text, 'null');
    act(() => root.render(createElement(Original, { of: bob, seq: 2 })));
    await screen(text, 'message 2');

    const reconnecting = entered('reconnecting');
    connection.cut();
    await act(() => reconnecting);
    server.history[1] = oldMessage(2, { content: { type: 'text', text: 'edited' }, rev: 1 });
    act(() => clock.advance(500));
    await screen(text, 'edited');
  });

  it('useTyping shows the users who are typing', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const { text } = render(createElement(Typing, { of: im.direct('bob') }));
    connection.send({ type: 'typing', conversationId: DM, userId: 'bob', typing: true });
    await screen(text, 'bob');
    connection.send({ type: 'typing', conversationId: DM, userId: 'bob', typing: false });
    await screen(text, '');
  });

  it('useLiveTexts shows a text until it becomes its message, in the same element (IM-LIVE-4)', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const { text, container } = render(createElement(Live, { of: im.direct('bob') }));
    const write = (index: number, written: string) => {
      const content = { type: 'text', text: written };
      const named = { conversationId: DM, from: 'bob', liveId: 'c1' };
      connection.send({ type: 'live', ...named, index, content });
    };
    write(1, 'Rain');
    await screen(text, 'Rain');
    const row = container.querySelector('li');
    write(2, 'Rain until');
    await screen(text, 'Rain until');
    connection.push(message(1, { content: { type: 'text', text: 'Rain until noon' } }));
    await screen(text, 'Rain until noon');
    expect(row).not.toBeNull();
    expect(container.querySelector('li')).toBe(row);
  });

  it('usePins and useMessage show a user who rejoins a group what they may read now (IM-CHANGE-3)', async () => {
    const { im, server, connected } = await harness();
    const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const pin = oldMessage(1, { conversationId, rev: 1, pinned: { by: 'bob', at: 1 } });
    server.history.push(pin);
    const pins = `/conversations/${conversationId}/pins`;
    server.httpAnswers.set(pins, { status: 200, body: { messages: [pin] } });
    const connection = await connected();
    const of = im.conversation(conversationId);
    const [bar, original] = [
      render(createElement(PinsBar, { of })),
      render(createElement(Original, { of, seq: 1 })),
    ];
    await screen(bar.text, '1');
    await screen(original.text, 'message 1');
    const content = { type: 'system', event: 'joined', users: ['alice'], by: 'bob' } as const;
    server.history.splice(0, 1, oldMessage(3, { conversationId, content }));
    server.httpAnswers.set(pins, { status: 200, body: { messages: [] } });
    connection.push(oldMessage(3, { conversationId, content }));
    await screen(bar.text, '');
    await screen(original.text, 'null');
  });

  it('usePins shows the pins, the latest first, as they change, and reads them again on a reconnect (IM-PIN)', async () => {
    const { im, server, clock, connected, entered } = await harness(fullDelays);
    const pinned = { by: 'bob', at: 1 };
    const pinsAre = (...messages: readonly number[]) =>
      server.httpAnswers.set('/conversations/dm:alice:bob/pins', {
        status: 200,
        body: { messages: messages.map((seq) => message(seq, { rev: 1, pinned })) },
      });
    pinsAre(1);
    const connection = await connected();
    const { text } = render(createElement(PinsBar, { of: im.direct('bob') }));
    await screen(text, '1');
    const push = (kind: string, seq: number, rev: number, more: object = {}) =>
      connection.send({
        type: 'changed',
        conversationId: DM,
        change: { kind, by: 'bob' },
        message: { ...message(seq), rev, ...more },
      });
    push('pinned', 3, 1, { pinned: { by: 'bob', at: 2 } });
    await screen(text, '3 1');
    push('edited', 1, 2, { pinned });
    push('unpinned', 3, 2);
    await screen(text, '1');
    // One push stands for all that an erasure changed.
    pinsAre(5);
    push('erased', 9, 1);
    await screen(text, '5');
    pinsAre(4, 1);
    const reconnecting = entered('reconnecting');
    connection.cut();
    await act(() => reconnecting);
    act(() => clock.advance(500));
    await screen(text, '4 1');
  });

  it('useProfile in many rows makes one request, again after ten minutes while the page is visible (IM-PROFILE-1)', async () => {
    const { clock, server, im } = await harness(fullDelays);
    let name = 'Bob';
    const asked: (string | null)[] = [];
    server.httpAnswers.set('/profiles', ({ searchParams }) => {
      asked.push(searchParams.get('userIds'));
      return { status: 200, body: { profiles: [{ userId: 'bob', name, version: 1 }] } };
    });
    const row = (key: number, userId?: string) => createElement(Name, { im, userId, key });
    const { root, text } = render(
      createElement('p', null, row(1, 'bob'), row(2, 'carol'), row(3, 'bob'), row(4)),
    );
    expect(text()).toBe('bob… carol… bob… ');
    act(() => clock.advance(0));
    await screen(text, 'Bob carol Bob ');
    expect(asked).toEqual(['bob,carol']);
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    name = 'Robert';
    await act(async () => clock.advance(601_000));
    visibility.mockRestore();
    expect(asked).toHaveLength(1);
    await act(async () => clock.advance(601_000));
    await act(async () => clock.advance(0));
    await screen(text, 'Robert carol Robert ');
    expect(asked).toEqual(['bob,carol', 'bob,carol']);
    act(() => root.render(null));
    expect(clock.pendingMs).not.toContain(601_000);
  });

  it('useProfile asks again after a failure', async () => {
    const { clock, server, im } = await harness(fullDelays);
    const body = { code: 'rate_limited', message: 'wait', retryable: true, retryAfterMs: 7_000 };
    server.httpAnswers.set('/profiles', { status: 429, body });
    const limited = new Promise((resolve) => im.on('limited', resolve));
    const { text } = render(createElement(Name, { im, userId: 'bob' }));
    act(() => clock.advance(0));
    await act(() => limited);
    await act(settle);
    const profiles = [{ userId: 'bob', name: 'Bob', version: 1 }];
    server.httpAnswers.set('/profiles', { status: 200, body: { profiles } });
    act(() => clock.advance(7_000));
    act(() => clock.advance(0));
    await screen(text, 'Bob ');
  });

  it('useContacts, useBlocks, and useSettings show a change at once', async () => {
    const { clock, entered, im, server, connected } = await harness(fullDelays);
    server.heartbeatIntervalMs = 10 ** 9;
    server.httpAnswers.set('/contacts/', { status: 204 });
    server.httpAnswers.set('/contacts', { status: 200, body: { contacts: [], cursor: null } });
    server.httpAnswers.set('/blocks', {
      status: 200,
      body: { blocks: [{ userId: 'mallory' }], cursor: null },
    });
    server.httpAnswers.set(`/conversations/${DM}`, { status: 200, body: { settings: { muted: true } } });
    await connected();
    const { text } = render(createElement(Lists, { im }));
    await screen(text, '0 mallory unmuted');
    await act(() => im.contacts.add('bob', { alias: 'Bobby' }));
    await act(() => changeSettings(im.direct('bob'), { muted: true }));
    await screen(text, 'Bobby mallory muted');
    const reads = () =>
      server.calls.filter(([method, path]) => method === 'GET' && path === '/contacts').length;
    expect(reads()).toBe(1);
    for (const [afterMs, count] of [
      [500_000, 1],
      [100_000, 2],
    ] as const) {
      clock.advance(afterMs);
      const [reconnecting, again] = [entered('reconnecting'), entered('connected')];
      server.connections.at(-1)?.cut();
      await act(() => reconnecting);
      act(() => clock.advance(500));
      await act(() => again);
      await vi.waitFor(() => expect(reads()).toBe(count), EACH_TURN);
    }
  });

  it('usePresence in many rows makes one request, repeated at intervals', async () => {
    const { clock, connection, root } = await presences('bob', 'carol', 'bob');
    act(() => clock.advance(30_000));
    await connection.next('presence');
    expect(asked(connection)).toEqual([
      ['bob', 'carol'],
      ['bob', 'carol'],
    ]);
    act(() => root.render(null));
    expect(clock.pendingMs).not.toContain(30_000);
  });

  it.each([
    ['message', { type: 'messages', messages: [message(1, { conversationId: CAROL, from: 'carol' })] }],
    ['receipt', { type: 'read', conversationId: CAROL, userId: 'carol', seq: 1 }],
    ['typing', { type: 'typing', conversationId: CAROL, userId: 'carol', typing: true }],
  ])('usePresence shows a user as online at their %s, without a request', async (_, frame) => {
    const { connection, text, im } = await presences('carol');
    connection.send(frame);
    await screen(text, '1');
    await im.direct('bob').send({ type: 'text', text: 'sent after any request' }).acked;
    expect(asked(connection)).toHaveLength(1);
  });

  it('usePresence ignores an old message and a user’s own typing', async () => {
    const { connection, text, im } = await presences('carol', 'alice');
    connection.push(oldMessage(1, { conversationId: CAROL, from: 'carol' }));
    connection.send({ type: 'typing', conversationId: CAROL, userId: 'alice', typing: true });
    connection.push(message(1));
    await act(() => vi.waitFor(() => expect(im.conversations()).toHaveLength(1), EACH_TURN));
    expect(text()).toBe('00');
  });

  it('usePresence keeps a user online whose sign is newer than the answer, until the next one', async () => {
    const { clock, connection, server, text, im } = await presences('carol');
    const held = Promise.withResolvers<() => void>();
    server.scripts.set('presence', (frame, to) => {
      held.resolve(() => to.send(server.answerTo(frame, to)));
      return undefined;
    });
    act(() => clock.advance(30_000));
    const answer = await held.promise;
    connection.send({ type: 'typing', conversationId: CAROL, userId: 'carol', typing: true });
    await screen(text, '1');
    answer();
    connection.push(message(1));
    await act(() => vi.waitFor(() => expect(im.conversations()).toHaveLength(1), EACH_TURN));
    expect(text()).toBe('1');
    server.scripts.delete('presence');
    act(() => clock.advance(30_000));
    await screen(text, '0');
  });

  it('usePresence requests all users when the window gets the focus, and one when a component is mounted', async () => {
    const { clock, connection, root, row } = await presences('bob', 'carol');
    clock.advance(5_000);
    act(() => globalThis.dispatchEvent(new Event('focus')));
    await connection.next('presence');
    act(() => root.render(createElement('p', null, [row('bob', 0), row('carol', 1), row('carol', 2)])));
    clock.advance(5_000);
    act(() => root.render(createElement('p', null, [row('bob', 0), row('carol', 1), row('carol', 3)])));
    await connection.next('presence');
    expect(asked(connection)).toEqual([['bob', 'carol'], ['bob', 'carol'], ['carol']]);
  });

  it('usePresence asks nothing about the sender of the operator’s messages, for which the server would refuse the others', async () => {
    const { clock, connection, root, row, text } = await presences('bob');
    clock.advance(5_000);
    act(() => root.render(createElement('p', null, [row('bob', 1), row('system', 2)])));
    await connection.next('presence');
    expect(asked(connection)).toEqual([['bob'], ['bob']]);
    expect(text()).toBe('1?');
  });

  it('usePresence makes no request while the page is hidden', async () => {
    const { clock, connection } = await presences('bob');
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    await act(async () => clock.advance(90_000));
    visibility.mockRestore();
    clock.advance(5_000);
    act(() => document.dispatchEvent(new Event('visibilitychange')));
    await connection.next('presence');
    expect(asked(connection)).toHaveLength(2);
  });
});
