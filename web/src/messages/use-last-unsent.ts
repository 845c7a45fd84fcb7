import type { ChatMessage } from '@serverless-im/client';
import { useEffect, useState } from 'react';
import { useIm } from '../session/client-context.ts';

/** The last of this page's messages in a conversation that is being sent or was refused. */
export function useLastUnsent(conversationId: string): ChatMessage | undefined {
  const im = useIm();
  const [unsent, setUnsent] = useState<readonly ChatMessage[]>([]);
  useEffect(() => {
    const forget = (message: ChatMessage) => setUnsent((all) => all.filter(({ key }) => key !== message.key));
    const learn = (message: ChatMessage) => {
      const { mine, state, key } = message;
      if (!mine || (state !== 'pending' && state !== 'failed')) return forget(message);
      // The SDK changes the object itself, so a new list shows its new state.
      setUnsent((all) => (all.some((one) => one.key === key) ? [...all] : [...all, message]));
    };
    const conversation = im.conversation(conversationId);
    const offs = [
      conversation.on('message', learn),
      conversation.on('state', learn),
      conversation.on('discarded', forget),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [im, conversationId]);
  return unsent.at(-1);
}
