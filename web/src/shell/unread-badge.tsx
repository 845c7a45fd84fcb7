import { useConversations } from '@serverless-im/client/react';
import { useEffect } from 'react';
import { isMuted } from '../conversations/settings.ts';
import { useIm } from '../session/client-context.ts';
import { badgeText } from '../ui/badge.ts';
import { useNow } from '../ui/use-now.ts';

const NAME = document.title;

/** The number of unread messages in the page's title and icon, for a user who looks at another tab. */
export function UnreadBadge() {
  const nowMs = useNow();
  const heard = useConversations(useIm())?.filter(({ settings }) => !isMuted(settings, nowMs)) ?? [];
  const unread = heard.reduce((sum, conversation) => sum + conversation.unread, 0);
  useEffect(() => {
    show(unread);
    return () => show(0);
  }, [unread]);
  return null;
}

function show(unread: number): void {
  document.title = unread === 0 ? NAME : `(${badgeText(unread, false)}) ${NAME}`;
  const icon = unread === 0 ? 'icon' : `unread/${unread > 9 ? 'more' : unread}`;
  document.querySelector('link[rel=icon]')?.setAttribute('href', `./${icon}.svg`);
}
