import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { parseConversationId, SENDER_ID } from '../../../protocol/ids.ts';

/** Identifies a conversation: `@bob` for the direct one with bob, a conversation id for any other. */
export type ConversationKey = string;

export interface Selection {
  readonly selected: ConversationKey | undefined;
  select(key: ConversationKey | undefined): void;
}

/** Kept in the page's address, so that the browser's back button returns to the list. */
export function useHashSelection(): Selection {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const select = useCallback((key: ConversationKey | undefined) => {
    location.hash = key === undefined ? '' : encodeURIComponent(key);
  }, []);
  const selected = parse(hash);
  return useMemo(() => ({ selected, select }), [selected, select]);
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

/** The address is untrusted: anything but a key opens nothing. */
function parse(hash: string): ConversationKey | undefined {
  try {
    const key = decodeURIComponent(hash.slice(1));
    return isKey(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

function isKey(key: string): boolean {
  if (key.startsWith('@')) return SENDER_ID.test(key.slice(1));
  const kind = parseConversationId(key)?.kind;
  return kind === 'group' || kind === 'support';
}
