import type { Client } from '@serverless-im/client';
import { createContext, useContext, useEffect, useState } from 'react';

const ClientContext = createContext<Client | undefined>(undefined);

export const ClientProvider = ClientContext.Provider;

/** The client of whoever is signed in here. */
export function useIm(): Client {
  const im = useContext(ClientContext);
  if (im === undefined) throw new Error('there is no client above this component');
  return im;
}

/** A connected client while the component is there. `make` must stay the same function. */
export function useConnectedClient<Made extends Client>(make: () => Made): Made | undefined {
  const [client, setClient] = useState<Made>();
  useEffect(() => {
    const im = make();
    setClient(im);
    // How it goes is told by its events.
    im.connect().catch(() => {});
    return () => im.close();
  }, [make]);
  return client;
}
