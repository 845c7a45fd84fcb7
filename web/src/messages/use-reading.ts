import type { ChatMessage, Conversation, ConversationSummary } from '@serverless-im/client';
import { useEffect, useState, useSyncExternalStore } from 'react';

/**
 * Marks messages as read while the end of the list and the page are visible.
 * @returns how far this user had read when the conversation was opened, or when the page or the end was last hidden;
 * undefined if everything was read
 */
export function useReading(
  conversation: Conversation,
  messages: readonly ChatMessage[],
  summary: ConversationSummary | undefined,
  isEndInSight: boolean,
): number | undefined {
  const isLookedAt = useSyncExternalStore(subscribe, isVisible);
  const [readSeq, setReadSeq] = useState(
    summary !== undefined && summary.unread > 0 ? summary.readSeq : undefined,
  );
  const lastSeq = messages.findLast(({ seq }) => seq !== undefined)?.seq;
  const isRead = isLookedAt && isEndInSight;
  useEffect(() => {
    if (isRead && lastSeq !== undefined) conversation.markRead(lastSeq);
  }, [conversation, isRead, lastSeq]);
  useEffect(() => {
    if (isRead) return;
    // Messages that arrive from now on are new to a user who comes back.
    return conversation.on('message', ({ mine, seq }) => {
      if (!mine && seq !== undefined) setReadSeq((known) => known ?? seq - 1);
    });
  }, [conversation, isRead]);
  return readSeq;
}

function subscribe(onChange: () => void): () => void {
  document.addEventListener('visibilitychange', onChange);
  return () => document.removeEventListener('visibilitychange', onChange);
}

function isVisible(): boolean {
  return document.visibilityState === 'visible';
}
