import type { Conversation } from '@serverless-im/client';
import { useEffect, useState } from 'react';
import { previewOf } from './wording.ts';

/** Reads out what comes in; what is scrolled into the list isn't news. */
export function Announcer({ conversation }: { readonly conversation: Conversation }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const offs = [
      conversation.on('message', (message) => {
        if (!message.mine) setText(previewOf(message, true));
      }),
      conversation.on('recalled', () => setText('')),
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
