import type { Client } from '@serverless-im/client';
import { useEffect } from 'react';

/** Reads the messages by which this user was added to a group: only what is said there shall count as unread. */
export function useJoins(im: Client): void {
  useEffect(
    () =>
      im.on('message', ({ conversationId, content, mine, seq }) => {
        if (mine || conversationId === undefined || seq === undefined || content.type !== 'system') return;
        const { event, users } = content;
        const isJoin = event === 'created' || event === 'joined';
        if (isJoin && [users].flat().includes(im.userId)) im.conversation(conversationId).markRead(seq);
      }),
    [im],
  );
}
