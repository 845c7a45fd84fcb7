import { useConversations } from '@serverless-im/client/react';
import { useEffect } from 'react';
import { isMuted } from '../conversations/settings.ts';
import { useIm } from '../session/client-context.ts';
import { badgeText } from '../ui/badge.ts';
import { useNow } from '../ui/use-now.ts';

const NAME = document.title;

/** The number of unread messages in the page's title and icon, and whose they are, for a user who looks at another tab. */
export function UnreadBadge({ name }: { readonly name: string }) {
  const nowMs = useNow();
  const heard = useConversations(useIm())?.filter(({ settings }) => !isMuted(settings, nowMs)) ?? [];
  const unread = heard.reduce((sum, conversation) => sum + conversation.unread, 0);
  useEffect(() => {
    show(unread, `${name} · ${NAME}`);
    return () => show(0, NAME);
  }, [unread, name]);
  return null;
}

function show(unread: number, title: string): void {
  document.title = unread === 0 ? title : `(${badgeText(unread, false)}) ${title}`;
  const icon = unread === 0 ? 'icon' : `unread/${unread > 9 ? 'more' : unread}`;
  document.querySelector('link[rel=icon]')?.setAttribute('href', `./${icon}.svg`);
}
