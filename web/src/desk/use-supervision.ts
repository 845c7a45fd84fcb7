import type { DeskChat, SupportQueue } from '@serverless-im/client/desk';
import { useConnection } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';
import { useDeskIm } from './desk-client.ts';
import { repeatedly } from './repeatedly.ts';

/** Polled, since the server pushes a chat only to its customer and agent. */
const REFRESH_MS = 5_000;

export interface Supervision {
  readonly queues: readonly SupportQueue[];
  /** All open chats: waiting ones first, each group by age. */
  readonly chats: readonly DeskChat[];
}

/**
 * The state of the whole desk, for supervisors; undefined until it is loaded.
 * @param own what this user can change of it: it is read again at once when that is another
 */
export function useSupervision(isSupervisor: boolean, own: string): Supervision | undefined {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [supervision, setSupervision] = useState<Supervision>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the user's own reads it again
  useEffect(() => {
    if (current !== 'connected' || !isSupervisor) return;
    return repeatedly(async (ended) => {
      try {
        const queues = await im.agent.queues();
        const [waiting, assigned] = [await im.agent.chats('waiting'), await im.agent.chats('assigned')];
        if (!ended.aborted) setSupervision({ queues, chats: [...waiting, ...assigned] });
      } catch {
        // The next one may succeed.
      }
      return REFRESH_MS;
    });
  }, [im, current, isSupervisor, own]);
  return supervision;
}
