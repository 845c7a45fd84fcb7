import type { Conversation } from '@serverless-im/client';
import { useEffect, useState } from 'react';
import { previewOf } from './wording.ts';

/** Lets screen readers read out new messages, and not those that scrolling brings into the list. */
export function Announcer({ conversation }: { readonly conversation: Conversation }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const offs = [
      conversation.on('message', (message) => {
        if (!message.mine) setText(previewOf(message, true));
      }),
      conversation.on('changed', () => setText('')),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [conversation]);
  return (
    <p className="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}
