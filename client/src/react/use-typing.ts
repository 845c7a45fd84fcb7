import { useCallback, useSyncExternalStore } from 'react';
import type { Conversation } from '../conversations/conversation.ts';

/** The ids of the users who are typing, in the order in which they began. */
export function useTyping(conversation: Conversation): readonly string[] {
  const subscribe = useCallback(
    (onChange: () => void) => conversation.on('typing', onChange),
    [conversation],
  );
  const look = (): readonly string[] => conversation.typists;
  return useSyncExternalStore(subscribe, look, look);
}
