import type { AttachmentLink, ChatMessage, Conversation } from '@serverless-im/client';
import { useCallback, useEffect, useState } from 'react';
import { useIm } from '../session/client-context.ts';
import { useFileLimits } from './limits.ts';
import { useLocalUrl } from './use-local-url.ts';

/** One file of a message. */
export interface FilePlace {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly index: number;
}

export interface Link {
  readonly url: string | undefined;
  readonly thumbnailUrl: string | undefined;
  /** Another number for each answer: the key of an element that has to try again, with the same URL too. */
  readonly version: number;
  /** It could not be loaded, with a fresh link either. */
  readonly isBroken: boolean;
  /** This deployment has no files any more: nobody is asked for a link. */
  readonly isOff: boolean;
  /** Asks for a link again. For an element that could not load the one it has: the first failure is that of an old link. */
  onError(): void;
  /** The next failure is a first one. */
  onLoad(): void;
  retry(): void;
}

interface Found {
  readonly link: AttachmentLink | undefined;
  readonly version: number;
}

/** The file of a message: the local one while it is uploaded here, else a link, which ends after some minutes. */
export function useLink({ conversation, message, index }: FilePlace, isWanted = true): Link {
  const im = useIm();
  const local = useLocalUrl(isWanted ? message.uploads?.[index]?.file : undefined);
  const id = message.content.type === 'file' ? message.content.attachments[index]?.attachmentId : undefined;
  const [{ link, version }, setFound] = useState<Found>({ link: undefined, version: 0 });
  const [attempt, setAttempt] = useState(0);
  const [failures, setFailures] = useState(0);
  const { seq } = message;
  const isOff = useFileLimits() === undefined && local === undefined;
  const isAsked = isWanted && !isOff && local === undefined && seq !== undefined && id !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again; other changes of the message don't
  useEffect(() => {
    if (!isAsked) return;
    let isCurrent = true;
    conversation.attachmentUrl(message, id).then(
      (found) => isCurrent && setFound((last) => ({ link: found, version: last.version + 1 })),
      () => isCurrent && setFailures(2),
    );
    return () => {
      isCurrent = false;
    };
  }, [conversation, isAsked, seq, id, attempt]);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  const retry = useCallback(() => {
    setFailures(0);
    again();
  }, [again]);
  const isBroken = failures > 1;
  useEffect(() => {
    if (isBroken) return im.on('connection', ({ current }) => current === 'connected' && retry());
  }, [im, isBroken, retry]);
  const onError = useCallback(() => {
    setFailures(failures + 1);
    if (failures === 0) again();
  }, [failures, again]);
  const onLoad = useCallback(() => setFailures(0), []);
  const thumbnailUrl = local ?? link?.thumbnailUrl;
  return { url: local ?? link?.url, thumbnailUrl, version, isBroken, isOff, onError, onLoad, retry };
}
