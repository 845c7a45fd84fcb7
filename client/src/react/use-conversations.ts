import { useCallback, useSyncExternalStore } from 'react';
import type { Client } from '../api/client.ts';
import type { ConversationSummary } from '../model/conversation-summary.ts';

/**
 * The user's conversations, latest activity first. Undefined until the first list is loaded.
 *
 * @example
 * ```tsx
 * const conversations = useConversations(im);
 * return <ul>{conversations?.map((one) => <li key={one.conversationId}>{one.peer ?? one.name}</li>)}</ul>;
 * ```
 */
export function useConversations(im: Client): readonly ConversationSummary[] | undefined {
  const subscribe = useCallback((onChange: () => void) => im.on('conversations', onChange), [im]);
  const look = (): readonly ConversationSummary[] | undefined => im.conversations();
  return useSyncExternalStore(subscribe, look, look);
}
