import { createClient } from '@serverless-im/client';
import { useCallback, useMemo, useState } from 'react';
import type { DevAuth, PageConfig } from '../config.ts';
import { ClientProvider, useConnectedClient } from '../session/client-context.ts';
import { devToken } from '../session/dev-session.ts';
import { clientOptions } from '../session/session.ts';
import { Chat } from '../shell/chat.tsx';
import type { ConversationKey } from '../shell/selection.ts';
import { Icon } from '../ui/icon.tsx';
import { createFlakyNetwork } from './flaky-network.ts';
import { Introduction } from './introduction.tsx';

export interface DemoPersonProps {
  readonly config: PageConfig;
  readonly auth: DevAuth;
  readonly userId: string;
  /** The other user of the conversation that is open at first. */
  readonly peer: string;
}

export function DemoPerson({ config, auth, userId, peer }: DemoPersonProps) {
  const [network] = useState(createFlakyNetwork);
  const [isCut, setIsCut] = useState(network.isCut);
  const make = useCallback(() => {
    const getToken = () => devToken(auth.tokenUrl, userId);
    const options = clientOptions(config, { getToken, storeName: `demo/${userId}` });
    return createClient({ ...options, environment: network.environment });
  }, [config, auth, userId, network]);
  const im = useConnectedClient(make, `demo/${userId}`);
  const [selected, select] = useState<ConversationKey | undefined>(`@${peer}`);
  const selection = useMemo(() => ({ selected, select }), [selected]);
  const toggle = () => {
    if (isCut) {
      network.heal();
      im?.connect().catch(() => {});
    } else network.cut();
    setIsCut(!isCut);
  };
  return (
    <section className="demo-person" aria-label={userId}>
      <header className="demo-header">
        <strong>{userId}</strong>
        <button type="button" className="demo-switch" aria-pressed={isCut} onClick={toggle}>
          <Icon name="plug" />
          {isCut ? 'Connect again' : 'Cut the connection'}
        </button>
      </header>
      {im !== undefined && (
        <ClientProvider value={im}>
          <Introduction peer={peer} />
          <Chat name={userId} selection={selection} />
        </ClientProvider>
      )}
    </section>
  );
}
