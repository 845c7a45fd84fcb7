import type { Content, Group } from '@serverless-im/client';
import { useEffect, useState } from 'react';
import { useIm } from '../session/client-context.ts';

export interface UseGroup {
  /** Undefined until it is loaded, and for conversations that are not groups. */
  readonly value: Group | undefined;
  readonly isAdmin: boolean;
}

export const NO_GROUP: UseGroup = { value: undefined, isAdmin: false };

/** Whether there is something to load: the group or support chat has changed, and this user is still in it. */
export function isChange(content: Content, userId = ''): boolean {
  if (content.type !== 'system') return false;
  const { event, by, users } = content;
  // An agent who transfers a chat leaves it.
  if (event === 'transferred') return by !== userId;
  return !(['left', 'removed', 'requeued'].includes(event) && [users].flat().includes(userId));
}

/** The current state of a group, reloaded on each system message. */
export function useGroup(conversationId: string | undefined): UseGroup {
  const im = useIm();
  const [value, setValue] = useState<Group>();
  useEffect(() => {
    if (conversationId === undefined) return;
    let isCurrent = true;
    const load = (): void => {
      im.groups.get(conversationId).then(
        (group) => isCurrent && setValue(group),
        // Not a member any more, or no network: the message list shows that.
        () => {},
      );
    };
    load();
    const offs = [
      im.conversation(conversationId).on('message', ({ content }) => isChange(content, im.userId) && load()),
      im.on('connection', ({ current }) => current === 'connected' && load()),
    ];
    return () => {
      isCurrent = false;
      for (const off of offs) off();
    };
  }, [im, conversationId]);
  return { value, isAdmin: value?.admins.includes(im.userId ?? '') === true };
}
