import { useCallback, useSyncExternalStore } from 'react';
import type { Conversation } from '../conversations/conversation.ts';
import type { ConversationSettings } from '../model/settings.ts';

/**
 * This user's own settings of a conversation. The same object until they change.
 *
 * @example
 * ```tsx
 * const { muted } = useSettings(conversation);
 * return <button onClick={() => void changeSettings(conversation, { muted: !muted })}>{muted ? 'Unmute' : 'Mute'}</button>;
 * ```
 */
export function useSettings(conversation: Conversation): ConversationSettings {
  const { events } = conversation.ports;
  const subscribe = useCallback((onChange: () => void) => events.on('conversations', onChange), [events]);
  const look = (): ConversationSettings => conversation.settings;
  return useSyncExternalStore(subscribe, look, look);
}
