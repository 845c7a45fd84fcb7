import { type DeskChat, DeskClient } from '@serverless-im/client/desk';
import { useCallback, useSyncExternalStore } from 'react';
import { useIm } from '../session/client-context.ts';

/** The client of the signed-in customer or agent. */
export function useDeskIm(): DeskClient {
  const im = useIm();
  if (!(im instanceof DeskClient)) throw new Error('useDeskIm needs a desk client in the ClientProvider');
  return im;
}

/** The support chats that this client knows, open ones first. */
export function useSupportChats(): readonly DeskChat[] {
  const im = useDeskIm();
  const subscribe = useCallback(
    (onChange: () => void) => {
      const offs = [im.desk.on('changed', onChange), im.desk.on('gone', onChange)];
      return () => {
        for (const off of offs) off();
      };
    },
    [im],
  );
  const look = () => im.desk.chats();
  return useSyncExternalStore(subscribe, look, look);
}
