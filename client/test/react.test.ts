// @vitest-environment happy-dom
// @vitest-environment-options { "settings": { "fetch": { "disableSameOriginPolicy": true } } }
import { act, createElement, type ReactElement, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Client, Conversation } from '../src/index.ts';
import { useConnection, useConversations, useMessages, usePresence, useTyping } from '../src/react/index.ts';
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

/** Waits for the screen, and lets React do its work meanwhile. */
async function screen(text: () => string, wanted: string): Promise<void> {
  await act(() => vi.waitFor(() => expect(text()).toBe(wanted), { interval: 1 }));
}

describe('hooks', () => {
  it('useConnection and useConversations show the client’s state from the first render on', async () => {
    const { im, server, connected } = await harness();
    server.history.push(oldMessage(1));
    function App() {
      const { current } = useConnection(im);
      const list = useConversations(im);
      return createElement(
        'p',
        null,
        `${current} ${list?.map(({ peer, unread }) => `${peer}:${unread}`) ?? '–'}`,
      );
    }
    const { text } = render(createElement(App));
    expect(text()).toBe('idle –');
    expect(renderToString(createElement(App))).toBe('<p>idle –</p>');
    await act(() => connected());
    await screen(text, 'connected bob:1');
    act(() => im.direct('bob').markRead(1));
    await screen(text, 'connected bob:0');
  });

  it('useMessages shows a conversation, another one when told to, and closes what it opened', async () => {
    const { im, server, connected } = await harness();
    server.history.push(
      oldMessage(1),
      oldMessage(2),
      oldMessage(3),
      oldMessage(1, { conversationId: 'dm:alice:carol', from: 'carol' }),
    );
    const connection = await connected();
    let choose: (conversation: Conversation) => void = () => {};
    let earlier = async (): Promise<void> => {};
    function App() {
      const [conversation, setConversation] = useState(im.direct('bob'));
      choose = setConversation;
      const { messages, isLoaded, hasEarlier, loadEarlier } = useMessages(conversation, { pageSize: 2 });
      earlier = loadEarlier;
      return createElement(
        'p',
        null,
        `${isLoaded} ${hasEarlier} ${messages.map(({ from, seq }) => `${from}${seq}`)}`,
      );
    }
    const { text } = render(createElement(App));
    await screen(text, 'true true bob2,bob3');
    server.history.push(message(4));
    connection.push(message(4));
    await screen(text, 'true true bob2,bob3,bob4');
    await act(() => earlier());
    await screen(text, 'true false bob1,bob2,bob3,bob4');
    act(() => choose(im.direct('carol')));
    await screen(text, 'true false carol1');
  });

  it('useTyping shows who types', async () => {
    const { im, connected } = await harness();
    const connection = await connected();
    function App() {
      return createElement('p', null, useTyping(im.direct('bob')).join());
    }
    const { text } = render(createElement(App));
    connection.send({ type: 'typing', conversationId: DM, userId: 'bob', typing: true });
    await screen(text, 'bob');
    connection.send({ type: 'typing', conversationId: DM, userId: 'bob', typing: false });
    await screen(text, '');
  });

  it('usePresence of many rows is one question, asked again at intervals and after a reconnect', async () => {
    const { im, connected } = await harness();
    function Row({ userId }: { userId: string }) {
      const presence = usePresence(im, userId, { intervalMs: 20 });
      return createElement('i', null, presence === undefined ? '?' : presence.online ? '1' : '0');
    }
    const rows = ['bob', 'carol', 'bob'].map((userId, key) => createElement(Row, { userId, key }));
    const { root, text } = render(createElement('p', null, rows));
    expect(text()).toBe('???');
    const connection = await act(() => connected());
    await screen(text, '101');
    await connection.next('presence');
    expect((await connection.next('presence')).userIds).toEqual(['bob', 'carol']);
    act(() => root.render(null));
    expect(im.state satisfies Client['state']).toBe('connected');
  });
});
