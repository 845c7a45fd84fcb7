import { useEffect, useState } from 'react';
import type { Conversation } from '../conversations/conversation.ts';
import { messageAt } from '../conversations/message-at.ts';
import { hasHappenedTo } from '../model/membership.ts';
import type { ChatMessage } from '../model/message.ts';
import type { Cancel } from '../support/environment.ts';
import { keepLoaded } from './keep-loaded.ts';

interface Found {
  readonly in: Conversation;
  readonly seq: number;
  readonly message: ChatMessage | null;
}

/**
 * One message, such as the original of an answer, even if no page with it is loaded. Follows edits and recalls, reads it
 * again after a reconnect, and tries again after a failure. Undefined while it is loaded; null if there is none for this
 * user: it has expired, or is from before they joined. Without a `seq` it makes no request.
 *
 * @example
 * ```tsx
 * const original = useMessage(conversation, message.replyTo);
 * return original && <blockquote>{original.content.text}</blockquote>;
 * ```
 */
export function useMessage(
  conversation: Conversation,
  seq: number | undefined,
): ChatMessage | null | undefined {
  const [found, setFound] = useState<Found>();
  useEffect(() => {
    if (seq === undefined) return;
    let isCurrent = true;
    const show = (message: ChatMessage | undefined): void => {
      if (isCurrent) setFound({ in: conversation, seq, message: message ?? null });
    };
    const load = (): Cancel => keepLoaded(conversation.ports, () => messageAt(conversation, seq).then(show));
    const offs: Cancel[] = [
      load(),
      conversation.on('message', (message) => {
        // A user who rejoins may read other messages than before.
        if (!hasHappenedTo(conversation.state.userId, message, 'joined')) return;
        for (const stop of offs.splice(0, 1, load())) stop();
      }),
      conversation.on('changed', ({ message }) => message.seq === seq && show(message)),
    ];
    return () => {
      isCurrent = false;
      for (const off of offs) off();
    };
  }, [conversation, seq]);
  // Until the effect has run for another message, `found` still has the previous one.
  return found?.in === conversation && found.seq === seq ? found.message : undefined;
}
