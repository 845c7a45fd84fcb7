import { createClient } from '@serverless-im/client';
import { useCallback, useMemo } from 'react';
import type { PageConfig } from '../config.ts';
import { ClientProvider, useConnectedClient } from '../session/client-context.ts';
import { clientOptions, type Session } from '../session/session.ts';
import { signOutOf } from '../session/sign-out.tsx';
import { Chat } from './chat.tsx';
import { useHashSelection } from './selection.ts';
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
  const signOut = useMemo(() => im && signOutOf(im, session, onSignOut), [im, session, onSignOut]);
  if (im === undefined) return null;
  return (
    <main className="whole">
      <h1 className="visually-hidden">Chat</h1>
      <ClientProvider value={im}>
        <UnreadBadge />
        <Chat name={session.name} selection={selection} signOut={signOut} />
      </ClientProvider>
    </main>
  );
}
