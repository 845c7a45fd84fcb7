import { useCallback, useSyncExternalStore } from 'react';
import type { Client } from '../api/client.ts';
import type { ConversationSummary } from '../model/conversation-summary.ts';

/** The user's conversations, the latest activity first; undefined until the first list is loaded. */
export function useConversations(im: Client): readonly ConversationSummary[] | undefined {
  const subscribe = useCallback((onChange: () => void) => im.on('conversations', onChange), [im]);
  const look = (): readonly ConversationSummary[] | undefined => im.conversations();
  return useSyncExternalStore(subscribe, look, look);
}
