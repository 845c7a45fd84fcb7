import type { ChatMessage, Conversation, ConversationSummary } from '@serverless-im/client';
import { useEffect, useState, useSyncExternalStore } from 'react';

/**
 * Marks messages read while their end is in sight and the page is being looked at.
 * @returns where the unread ones began when the conversation was opened, or when the page was last looked away from
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
    // From here on what comes is new to whoever comes back.
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
