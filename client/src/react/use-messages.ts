import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Conversation } from '../conversations/conversation.ts';
import {
  type MessagesSnapshot,
  MessageView,
  type MessageViewOptions,
} from '../conversations/message-view.ts';

/** The result of `useMessages`: the messages to show, and functions to load more. */
export interface UseMessages extends MessagesSnapshot {
  /**
   * Loads the page before the oldest message. Never rejects: a failure is in `error`.
   *
   * @example
   * ```tsx
   * {hasEarlier && <button onClick={() => void loadEarlier()}>Earlier messages</button>}
   * ```
   */
  loadEarlier(): Promise<void>;
  /**
   * Loads earlier pages until the message with this `seq` is among the messages, and resolves to whether it is. Never
   * rejects: a failure is in `error`.
   *
   * @example
   * ```tsx
   * <button onClick={() => void loadBackTo(seq).then((isHere) => isHere && scrollTo(seq))}>Show the original</button>
   * ```
   */
  loadBackTo(seq: number): Promise<boolean>;
  /**
   * Loads the latest page again. Never rejects: a failure is in `error`.
   *
   * @example
   * ```tsx
   * {error && <button onClick={() => void reload()}>Try again</button>}
   * ```
   */
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
 * The conversation's messages while the component is mounted: see `MessageView`. An unchanged message stays the same
 * object, so rows can be memoized.
 *
 * @example
 * ```tsx
 * const { messages, hasEarlier, loadEarlier } = useMessages(conversation);
 * return <ol>{messages.map((message) => <MessageRow key={message.key} message={message} />)}</ol>;
 * ```
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
  const loadBackTo = useCallback(async (seq: number) => view?.loadBackTo(seq) ?? false, [view]);
  const reload = useCallback(async () => view?.reload(), [view]);
  return useMemo(
    () => ({ ...snapshot, loadEarlier, loadBackTo, reload }),
    [snapshot, loadEarlier, loadBackTo, reload],
  );
}

/** A view subscribes to events until it is closed, so an effect opens and closes it, never a render. */
function useView(conversation: Conversation, pageSize: number): MessageView | undefined {
  const [opened, setOpened] = useState<{ of: Conversation; view: MessageView }>();
  useEffect(() => {
    const view = new MessageView(conversation, { pageSize });
    setOpened({ of: conversation, view });
    return () => view.close();
  }, [conversation, pageSize]);
  // Until the effect has run for a new conversation, the view still belongs to the previous one.
  return opened?.of === conversation ? opened.view : undefined;
}
