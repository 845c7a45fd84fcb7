import { useMemo, useSyncExternalStore } from 'react';
import type { Conversation } from '../conversations/conversation.ts';
import { Pins, type PinsSnapshot } from '../conversations/pins.ts';

/**
 * The conversation's pinned messages while the component is mounted, the latest pin first. Read again on a reconnect.
 *
 * @example
 * ```tsx
 * const { messages } = usePins(conversation);
 * return messages.map((message) => <PinnedMessage key={message.key} message={message} />);
 * ```
 */
export function usePins(conversation: Conversation): PinsSnapshot {
  const pins = useMemo(() => new Pins(conversation), [conversation]);
  const look = (): PinsSnapshot => pins.value;
  return useSyncExternalStore(pins.subscribe, look, look);
}
