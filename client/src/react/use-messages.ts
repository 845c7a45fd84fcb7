import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Conversation } from '../conversations/conversation.ts';
import {
  type MessagesSnapshot,
  MessageView,
  type MessageViewOptions,
} from '../conversations/message-view.ts';

/** The messages to show, and functions to load more. */
export interface UseMessages extends MessagesSnapshot {
  /** Loads the page before the oldest message. Resolves when done; a failure is in `error`. */
  loadEarlier(): Promise<void>;
  /** Loads the latest page again. Resolves when done; a failure is in `error`. */
  reload(): Promise<void>;
}

const NOTHING: MessagesSnapshot = {
  messages: [],
  gaps: [],
  isLoaded: false,
  isLoading: true,
  hasEarlier: false,
  error: undefined,
};

/**
 * The conversation's messages while the component is mounted: see `MessageView`. An unchanged message is the same object
 * as before, so rows can be memoized; use `key` as their key.
 */
export function useMessages(
  conversation: Conversation,
  { pageSize = 50 }: MessageViewOptions = {},
): UseMessages {
  const view = useView(conversation, pageSize);
  const subscribe = useCallback((onChange: () => void) => view?.subscribe(onChange) ?? (() => {}), [view]);
  const look = (): MessagesSnapshot => view?.snapshot ?? NOTHING;
  const snapshot = useSyncExternalStore(subscribe, look, look);
  const loadEarlier = useCallback(async () => view?.loadEarlier(), [view]);
  const reload = useCallback(async () => view?.reload(), [view]);
  return useMemo(() => ({ ...snapshot, loadEarlier, reload }), [snapshot, loadEarlier, reload]);
}

/** A view subscribes to events until it is closed, so it is opened and closed by an effect, never while rendering. */
function useView(conversation: Conversation, pageSize: number): MessageView | undefined {
  const [opened, setOpened] = useState<{ of: Conversation; view: MessageView }>();
  useEffect(() => {
    const view = new MessageView(conversation, { pageSize });
    setOpened({ of: conversation, view });
    return () => view.close();
  }, [conversation, pageSize]);
  // Until the effect has run for a new conversation, the view is still that of the previous one.
  return opened?.of === conversation ? opened.view : undefined;
}
