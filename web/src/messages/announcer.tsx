import type { Conversation } from '@serverless-im/client';
import { useEffect, useState } from 'react';
import { useNameOf } from '../ui/names.ts';
import { previewOf } from './wording.ts';

/** Lets screen readers read out new messages, and not those that scrolling brings into the list. */
export function Announcer({ conversation }: { readonly conversation: Conversation }) {
  const [text, setText] = useState('');
  const nameOf = useNameOf();
  useEffect(() => {
    const offs = [
      conversation.on('message', (message) => {
        if (!message.mine) setText(previewOf(message, true, nameOf));
      }),
      conversation.on('changed', () => setText('')),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [conversation, nameOf]);
  return (
    <p className="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}
