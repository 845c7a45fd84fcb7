import { ImError } from '@serverless-im/client';
import { useConnection } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';
import { useDeskIm } from './desk-client.ts';
import { wordsOf } from './words.ts';

const AGAIN_MS = 3_000;

/**
 * Asks for the chats that were assigned before this page was loaded, until they are known or refused; later ones
 * are pushed. Returns why they are not known.
 */
export function useEarlierChats(): string | undefined {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (current !== 'connected') return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        await im.agent.chats('assigned');
        if (!isOver) setError(undefined);
      } catch (reason) {
        if (isOver) return;
        setError(wordsOf(reason));
        if (reason instanceof ImError && reason.retryable) timer = setTimeout(look, AGAIN_MS);
      }
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [im, current]);
  return error;
}
