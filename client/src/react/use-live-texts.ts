import { useMemo, useSyncExternalStore } from 'react';
import type { Conversation } from '../conversations/conversation.ts';
import { type LiveText, LiveTexts } from '../conversations/live-texts.ts';

/**
 * The texts that others are writing with `liveText`, while the component is mounted: see `watchLive`. In a list, give each
 * its `key`: React then turns it into its message in place.
 *
 * @example
 * ```tsx
 * const texts = useLiveTexts(conversation);
 * return texts.map(({ key, from, content }) => <p key={key}>{from}: {content.text}</p>);
 * ```
 */
export function useLiveTexts(conversation: Conversation): readonly LiveText[] {
  const texts = useMemo(() => new LiveTexts(conversation), [conversation]);
  const look = (): readonly LiveText[] => texts.value;
  return useSyncExternalStore(texts.subscribe, look, look);
}
