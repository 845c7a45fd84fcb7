import { useCallback, useSyncExternalStore } from 'react';
import type { Conversation } from '../conversations/conversation.ts';

/**
 * The ids of the users who are typing, in the order they started.
 *
 * @example
 * ```tsx
 * const users = useTyping(conversation);
 * return users.length > 0 && <p>{users.join(', ')} typing…</p>;
 * ```
 */
export function useTyping(conversation: Conversation): readonly string[] {
  const subscribe = useCallback(
    (onChange: () => void) => conversation.on('typing', onChange),
    [conversation],
  );
  const look = (): readonly string[] => conversation.typingUsers;
  return useSyncExternalStore(subscribe, look, look);
}
