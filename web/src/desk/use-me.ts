import { ImError } from '@serverless-im/client';
import type { DeskAgent, DeskMeBody } from '@serverless-im/client/desk';
import { useConnection } from '@serverless-im/client/react';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { useDeskIm } from './desk-client.ts';
import { repeatedly, soonAfter } from './repeatedly.ts';

/**
 * The signed-in user's roles, and the queues to choose from. Null for a user without a role at the desk; undefined until
 * it is known.
 */
export function useMe(): DeskMeBody | null | undefined {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [me, setMe] = useState<DeskMeBody | null>();
  const isWanted = current === 'connected' && me == null;
  useEffect(() => {
    if (!isWanted) return;
    return repeatedly(async (ended) => {
      try {
        const found = await im.agent.me();
        if (!ended.aborted) setMe(found);
        return undefined;
      } catch (error) {
        if (error instanceof ImError && error.code === 'forbidden') setMe(null);
        return soonAfter(error);
      }
    });
  }, [im, isWanted]);
  return me;
}

/** This agent's state, which all of the agent's tabs share (IM-DESK-8). */
export function useAgentState(): DeskAgent | undefined {
  const im = useDeskIm();
  const subscribe = useCallback((onChange: () => void) => im.agent.on('changed', onChange), [im]);
  const look = () => im.agent.state;
  return useSyncExternalStore(subscribe, look, look);
}
