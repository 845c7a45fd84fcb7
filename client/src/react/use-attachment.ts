import { useCallback, useEffect, useState } from 'react';
import type { Conversation } from '../conversations/conversation.ts';
import { type ImError, toImError } from '../model/errors.ts';
import type { ChatMessage } from '../model/message.ts';
import { keepLoaded } from './keep-loaded.ts';

/** The result of `useAttachment`. */
export interface UseAttachment {
  /** Undefined until it is loaded, and of a message that is not sent yet: show the `file` of its `uploads`. */
  readonly url: string | undefined;
  /** Undefined if the file has no thumbnail, too. */
  readonly thumbnailUrl: string | undefined;
  /** Why there is no link: `not_found` once the message was recalled or the file removed. Disappears with its cause. */
  readonly error: ImError | undefined;
  /**
   * Asks again, if the link has ended before it was used.
   *
   * @example
   * ```tsx
   * <img src={url} onError={reload} />
   * ```
   */
  reload(): void;
}

interface Found {
  readonly of: string;
  readonly url?: string;
  readonly thumbnailUrl?: string | undefined;
  readonly error?: ImError;
}

/**
 * The links to a file of a message: see `Conversation.attachmentUrl`. They stay the same while the component is mounted, also
 * after they have ended, so that a picture that is shown is not loaded again. For what is opened later, such as a download, ask
 * `attachmentUrl` then.
 *
 * @example
 * ```tsx
 * const { url, thumbnailUrl, reload } = useAttachment(conversation, message, attachmentId);
 * return <img src={thumbnailUrl ?? url} alt={name} width={width} height={height} onError={reload} />;
 * ```
 */
export function useAttachment(
  conversation: Conversation,
  message: ChatMessage,
  attachmentId: string,
): UseAttachment {
  const [found, setFound] = useState<Found>();
  const [attempt, setAttempt] = useState(0);
  const { seq, content } = message;
  const of = `${conversation.id}/${seq}/${attachmentId}/${content.type}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `of` says what counts of the message; another attempt asks again
  useEffect(() => {
    if (seq === undefined) return;
    let isCurrent = true;
    let isLoaded = false;
    const load = async (): Promise<void> => {
      if (isLoaded) return;
      try {
        const { url, thumbnailUrl } = await conversation.attachmentUrl(message, attachmentId);
        isLoaded = true;
        if (isCurrent) setFound({ of, url, thumbnailUrl });
      } catch (error) {
        if (isCurrent) setFound({ of, error: toImError(error) });
        throw error;
      }
    };
    const off = keepLoaded(conversation.ports, load);
    return () => {
      isCurrent = false;
      off();
    };
  }, [conversation, of, attempt]);
  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  const { url, thumbnailUrl, error } = found?.of === of ? found : ({} as Partial<Found>);
  return { url, thumbnailUrl, error, reload };
}
