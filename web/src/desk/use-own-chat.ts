import type { DeskChat } from '@serverless-im/client/desk';
import { useConnection, useConversations } from '@serverless-im/client/react';
import { useCallback, useEffect, useState } from 'react';
import { tabStorage } from '../session/tab-storage.ts';
import { useDeskIm, useSupportChats } from './desk-client.ts';
import { launchOption, queueOption } from './launcher.ts';
import { repeatedly, soonAfter } from './repeatedly.ts';

/** Keeps this tab's chat across a reload. The embedding page keeps it for later tabs. */
const CHAT_KEY = 'im.widget.chat';

export interface OwnChat {
  readonly chat: DeskChat | undefined;
  /** There was one before a reload, and it is being loaded. */
  readonly isReturning: boolean;
  /** Makes this the current chat, or none. */
  keep(chat: DeskChat | undefined): void;
}

/** A customer's one chat. Customers list no chats, but opening again returns the one that is open (IM-DESK-1). */
export function useOwnChat(): OwnChat {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [id, setId] = useState(() => tabStorage.getItem(CHAT_KEY) ?? launchOption('chat'));
  const chat = useSupportChats().find(({ conversationId }) => conversationId === id);
  const conversations = useConversations(im);
  const keep = useCallback((next: DeskChat | undefined) => {
    if (next === undefined) tabStorage.removeItem(CHAT_KEY);
    else tabStorage.setItem(CHAT_KEY, next.conversationId);
    setId(next?.conversationId);
  }, []);
  const isReturning = id !== undefined && chat === undefined;
  const isReady = current === 'connected' && conversations !== undefined;
  const last = conversations?.find(({ conversationId }) => conversationId === id)?.lastMessage;
  // If it has ended or belongs to another user, `open` would create a new one that the customer did not ask for.
  const isOpen = last != null && !(last.content.type === 'system' && last.content.event === 'closed');
  useEffect(() => {
    if (!isReturning || !isReady) return;
    if (!isOpen) return keep(undefined);
    return repeatedly(async () => {
      try {
        keep(await im.desk.open(queueOption()));
        return undefined;
      } catch (error) {
        const afterMs = soonAfter(error);
        if (afterMs === undefined) keep(undefined);
        return afterMs;
      }
    });
  }, [im, isReturning, isReady, isOpen, keep]);
  return { chat, isReturning, keep };
}
