import type { Client } from '@serverless-im/client';
import { createContext, useContext, useEffect, useState } from 'react';
import { keepDrafts } from '../messages/drafts.ts';

const ClientContext = createContext<Client | undefined>(undefined);

export const ClientProvider = ClientContext.Provider;

/** The client of the signed-in user. */
export function useIm(): Client {
  const im = useContext(ClientContext);
  if (im === undefined) throw new Error('useIm needs a ClientProvider');
  return im;
}

/** Opens a client of this user while the component is mounted. `make` must stay the same function. */
export function useConnectedClient<Made extends Client>(make: () => Made, user: string): Made | undefined {
  const [client, setClient] = useState<Made>();
  useEffect(() => {
    const im = make();
    keepDrafts(im, user);
    setClient(im);
    // The client's events report the outcome.
    im.connect().catch(() => {});
    return () => im.close();
  }, [make, user]);
  return client;
}
