import type { ChatMessage } from '@serverless-im/client';
import { useEffect, useState } from 'react';
import { useIm } from '../session/client-context.ts';

export interface Last {
  /** The newest message of the conversation. */
  readonly last: ChatMessage | null;
  /** An older one of this page's was refused. */
  readonly hasRefused: boolean;
}

/**
 * What a list tells of a conversation's messages, with those of this page that are being sent or were refused.
 * @param stored the last one that the server has
 */
export function useLastMessage(conversationId: string, stored: ChatMessage | null): Last {
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
  return lastOf(stored, unsent);
}

/** @param unsent in the order in which they were written */
export function lastOf(stored: ChatMessage | null, unsent: readonly ChatMessage[]): Last {
  const isNewer = ({ state, sentAt }: ChatMessage) => state !== 'failed' || sentAt >= (stored?.sentAt ?? 0);
  const last = unsent.findLast(isNewer) ?? stored;
  return { last, hasRefused: last?.state !== 'failed' && unsent.some(({ state }) => state === 'failed') };
}
