import { createClient } from '@serverless-im/client';
import { useCallback, useMemo } from 'react';
import type { PageConfig } from '../config.ts';
import { CanNotifyProvider, endNotifications, useNotifications } from '../notifications/use-notifications.ts';
import { ClientProvider, useConnectedClient, useIm } from '../session/client-context.ts';
import { clientOptions, type Session } from '../session/session.ts';
import { signOutOf } from '../session/sign-out.tsx';
import { Chat } from './chat.tsx';
import { type Selection, useHashSelection } from './selection.ts';
import { UnreadBadge } from './unread-badge.tsx';

export interface SignedInProps {
  readonly config: PageConfig;
  readonly session: Session;
  onSignOut(): void;
}

/** The chat of the signed-in user. */
export function SignedIn({ config, session, onSignOut }: SignedInProps) {
  const make = useCallback(() => createClient(clientOptions(config, session)), [config, session]);
  const im = useConnectedClient(make, session.storeName);
  const selection = useHashSelection();
  const signOut = useMemo(
    () => im && signOutOf(im, session, onSignOut, () => endNotifications(im)),
    [im, session, onSignOut],
  );
  if (im === undefined) return null;
  return (
    <main className="whole">
      <h1 className="visually-hidden">Chat</h1>
      <ClientProvider value={im}>
        <UnreadBadge name={session.name} />
        <Notifications select={selection.select} />
        <CanNotifyProvider value={config.webPush === true}>
          <Chat name={session.name} selection={selection} signOut={signOut} />
        </CanNotifyProvider>
      </ClientProvider>
    </main>
  );
}

function Notifications({ select }: Pick<Selection, 'select'>) {
  useNotifications(useIm(), select);
  return null;
}
