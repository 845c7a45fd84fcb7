// @vitest-environment happy-dom
// @vitest-environment-options { "settings": { "fetch": { "disableSameOriginPolicy": true } } }
import { act, createElement, type ReactElement, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Client, Conversation } from '../src/index.ts';
import {
  type UseMessages,
  useConnection,
  useConversations,
  useMessages,
  usePresence,
  useTyping,
} from '../src/react/index.ts';
import { message, oldMessage } from './support/builders.ts';
import { harness } from './support/harness.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const DM = 'dm:alice:bob';

function render(element: ReactElement) {
  const container = document.createElement('div');
  const root = createRoot(container);
  act(() => root.render(element));
  onTestFinished(() => act(() => root.unmount()));
  return { root, text: () => container.textContent ?? '' };
}

/** Waits for the rendered text, and lets React work meanwhile. */
async function screen(text: () => string, wanted: string): Promise<void> {
  await act(() => vi.waitFor(() => expect(text()).toBe(wanted), { interval: 1 }));
}

function Overview({ im }: { im: Client }) {
  const { current } = useConnection(im);
  const list = useConversations(im);
  const rows = list?.map(({ peer, unread }) => `${peer}:${unread}`) ?? '–';
  return createElement('p', null, `${current} ${rows}`);
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

function Typing({ of }: { of: Conversation }) {
  return createElement('p', null, useTyping(of).join());
}

function Presence({ im, userId, intervalMs = 20 }: { im: Client; userId: string; intervalMs?: number }) {
  const presence = usePresence(im, userId, { intervalMs });
  return createElement('i', null, presence === undefined ? '?' : presence.online ? '1' : '0');
}

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

  it('useTyping shows the users who are typing', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    const { text } = render(createElement(Typing, { of: im.direct('bob') }));
    connection.send({ type: 'typing', conversationId: DM, userId: 'bob', typing: true });
    await screen(text, 'bob');
    connection.send({ type: 'typing', conversationId: DM, userId: 'bob', typing: false });
    await screen(text, '');
  });

  it('usePresence in many rows makes one request, repeated at intervals and after a reconnect', async () => {
    const { im, connected } = await harness();
    const rows = ['bob', 'carol', 'bob'].map((userId, key) => createElement(Presence, { im, userId, key }));
    const { root, text } = render(createElement('p', null, rows));
    expect(text()).toBe('???');
    const connection = await act(() => connected());
    await screen(text, '101');
    await connection.next('presence');
    expect((await connection.next('presence')).userIds).toEqual(['bob', 'carol']);
    act(() => root.render(null));
  });

  it('usePresence requests again when an offline user sends a message', async () => {
    const { im, connected } = await harness();
    const { text } = render(createElement(Presence, { im, userId: 'carol', intervalMs: 600_000 }));
    const connection = await act(() => connected());
    await screen(text, '0');
    const asked = connection.next('presence');
    connection.push(message(1, { conversationId: 'dm:alice:carol', from: 'carol' }));
    expect((await asked).userIds).toEqual(['carol']);
  });
});
