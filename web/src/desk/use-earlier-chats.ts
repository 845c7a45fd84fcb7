import { useConnection } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';
import { useDeskIm } from './desk-client.ts';
import { repeatedly, soonAfter } from './repeatedly.ts';
import { wordsOf } from './words.ts';

/**
 * Loads the chats that were assigned before this page was loaded, and retries until they are loaded or refused. Later
 * ones are pushed. Returns why they could not be loaded.
 */
export function useEarlierChats(): string | undefined {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (current !== 'connected') return;
    return repeatedly(async (ended) => {
      const failure: unknown = await im.agent.chats('assigned').then(
        () => undefined,
        (reason) => reason,
      );
      if (!ended.aborted) setError(failure === undefined ? undefined : wordsOf(failure));
      return soonAfter(failure);
    });
  }, [im, current]);
  return error;
}
