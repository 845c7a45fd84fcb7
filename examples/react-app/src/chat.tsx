import type { Client, Conversation } from '@serverless-im/client';
import { useConnection, useConversations, useMessages, useTyping } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';

export function Chat({ im, me }: { readonly im: Client; readonly me: string }) {
  const { current } = useConnection(im);
  const direct = useConversations(im)?.filter(({ kind }) => kind === 'direct') ?? [];
  const [peer, setPeer] = useState<string>();
  return (
    <main>
      <nav>
        <header>
          <b>{me}</b>
          <small role="status">{current}</small>
        </header>
        <form action={(form) => setPeer(String(form.get('peer')))}>
          <input
            name="peer"
            aria-label="Write to"
            placeholder="Write to…"
            pattern="[\w.@\|+=\-]+"
            title="Letters, digits, and _ . @ | + = -"
            required
          />
        </form>
        {direct.map(({ conversationId, peer: other, unread }) => (
          <button
            key={conversationId}
            type="button"
            aria-current={other === peer}
            onClick={() => setPeer(other)}
          >
            {other} {unread > 0 && <mark>{unread}</mark>}
          </button>
        ))}
      </nav>
      {peer ? <Talk key={peer} conversation={im.direct(peer)} peer={peer} /> : <p>Write to somebody.</p>}
    </main>
  );
}

const STATES = { pending: '…', sent: '✓', read: '✓✓', failed: 'not sent' };

function Talk({ conversation, peer }: { readonly conversation: Conversation; readonly peer: string }) {
  const { messages, hasEarlier, loadEarlier } = useMessages(conversation);
  const isTyping = useTyping(conversation).length > 0;
  const lastSeq = messages.at(-1)?.seq;
  useEffect(() => conversation.markRead(lastSeq ?? 0), [conversation, lastSeq]);

  const send = (form: FormData) => {
    const text = String(form.get('text')).trim();
    if (text !== '') conversation.send({ type: 'text', text });
  };
  return (
    <section>
      <header>
        <b>{peer}</b> <small>{isTyping && 'typing…'}</small>
      </header>
      {/* Newest first, and drawn upwards: so the list stays at its end. */}
      <ol>
        {messages.toReversed().map(({ key, mine, content, state }) => (
          <li key={key} className={mine ? 'mine' : ''}>
            {content.type === 'text' ? content.text : `(${content.type})`}
            {mine && <small>{STATES[state]}</small>}
          </li>
        ))}
        {hasEarlier && (
          <button type="button" onClick={() => void loadEarlier()}>
            Earlier messages
          </button>
        )}
      </ol>
      <form action={send}>
        <input
          name="text"
          aria-label="Message"
          placeholder={`Message to ${peer}`}
          autoComplete="off"
          required
          onInput={() => conversation.typing()}
        />
        <button type="submit">Send</button>
      </form>
    </section>
  );
}
