import { useEffect } from 'react';
import { draftsOf } from '../messages/drafts.ts';
import { useIm } from '../session/client-context.ts';
import type { ConversationKey } from '../shell/selection.ts';

/**
 * A conversation's name, or the last one that this tab knew: the server returns it to members only, and a removed member
 * may still look at the group.
 */
export function useKeptName(key: ConversationKey, name: string | undefined): string | undefined {
  const kept = draftsOf(useIm());
  const place = `name of ${key}`;
  useEffect(() => {
    if (name !== undefined) kept.set(place, name);
  }, [kept, place, name]);
  return name ?? (kept.get(place) || undefined);
}
