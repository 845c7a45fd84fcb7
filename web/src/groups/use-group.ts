import type { Group } from '@serverless-im/client';
import { useEffect, useState } from 'react';
import { useIm } from '../session/client-context.ts';

export interface UseGroup {
  /** Undefined until it is known, and for conversations that are none. */
  readonly value: Group | undefined;
  readonly isAdmin: boolean;
}

/** A group as it is now: asked for again whenever a message says that it has changed. */
export function useGroup(conversationId: string | undefined): UseGroup {
  const im = useIm();
  const [value, setValue] = useState<Group>();
  useEffect(() => {
    if (conversationId === undefined) return;
    let isCurrent = true;
    const load = (): void => {
      im.groups.get(conversationId).then(
        (group) => isCurrent && setValue(group),
        // Not a member any more, or no network: the messages tell that better.
        () => {},
      );
    };
    load();
    const offs = [
      im.conversation(conversationId).on('message', ({ content }) => content.type === 'system' && load()),
      im.on('connection', ({ current }) => current === 'connected' && load()),
    ];
    return () => {
      isCurrent = false;
      for (const off of offs) off();
    };
  }, [im, conversationId]);
  return { value, isAdmin: value?.admins.includes(im.userId ?? '') === true };
}
