import { createClient, type DeskChat, type DeskClient } from '@serverless-im/client/desk';
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { PageConfig } from '../config.ts';
import { clientBy, type Session } from '../session/session.ts';

export function deskClientOf(config: PageConfig, session: Session): DeskClient {
  return clientBy(createClient, config, session);
}

const DeskContext = createContext<DeskClient | undefined>(undefined);

export const DeskProvider = DeskContext.Provider;

/** The client of the customer or agent who is here. */
export function useDeskIm(): DeskClient {
  const im = useContext(DeskContext);
  if (im === undefined) throw new Error('there is no desk client above this component');
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
