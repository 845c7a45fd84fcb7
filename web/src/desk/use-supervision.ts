import { ImError } from '@serverless-im/client';
import type { DeskChat, SupportQueue } from '@serverless-im/client/desk';
import { useConnection } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';
import { useDeskIm } from './desk-client.ts';
import { repeatedly } from './repeatedly.ts';

/** What a supervisor sees is asked for: nothing of it is pushed to who has no part in a chat. */
const REFRESH_MS = 5_000;

export interface Supervision {
  readonly queues: readonly SupportQueue[];
  /** All that are open, whoever has them: those who wait first, each group by age. */
  readonly chats: readonly DeskChat[];
}

/** How the whole desk stands; `undefined` for who is no supervisor, and until it is known. */
export function useSupervision(): Supervision | undefined {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [supervision, setSupervision] = useState<Supervision>();
  useEffect(() => {
    if (current !== 'connected') return;
    return repeatedly(async (ended) => {
      try {
        const queues = await im.agent.queues();
        const [waiting, assigned] = [await im.agent.chats('waiting'), await im.agent.chats('assigned')];
        if (!ended.aborted) setSupervision({ queues, chats: [...waiting, ...assigned] });
      } catch (error) {
        // No supervisor: there is nothing to see, now or later.
        if (error instanceof ImError && error.code === 'forbidden') return undefined;
      }
      return REFRESH_MS;
    });
  }, [im, current]);
  return supervision;
}
