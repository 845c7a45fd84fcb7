import { useCallback } from 'react';
import type { PageConfig } from '../config.ts';
import { ClientProvider, useConnectedClient } from '../session/client-context.ts';
import type { DevSessionOptions } from '../session/dev-session.ts';
import type { Session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { useSession } from '../session/use-session.ts';
import { Notice } from '../ui/notice.tsx';
import { Console } from './console.tsx';
import { DeskProvider, deskClientOf } from './desk-client.ts';

const SUGGESTED = ['ann', 'ben', 'supervisor'];

/** On one machine: who calls herself supervisor is one, everybody is an agent. */
const STAFF: DevSessionOptions = {
  key: 'im.dev.agent',
  claimsOf: (userId) => ({
    name: userId.charAt(0).toUpperCase() + userId.slice(1),
    roles: userId.startsWith('supervisor') ? ['agent', 'supervisor'] : ['agent'],
  }),
};

/** `/desk`: where customers are served. */
export function DeskPage({ config }: { readonly config: PageConfig }) {
  const { session, isReturning, error, signIn, signOut } = useSession(config.auth, STAFF);
  if (isReturning) return <Notice title="Signing in…" isBusy />;
  if (session === undefined)
    return <SignIn auth={config.auth} error={error} suggested={SUGGESTED} onSignIn={signIn} />;
  return <AtDesk key={session.storeName} config={config} session={session} onSignOut={signOut} />;
}

interface AtDeskProps {
  readonly config: PageConfig;
  readonly session: Session;
  onSignOut(): void;
}

function AtDesk({ config, session, onSignOut }: AtDeskProps) {
  const im = useConnectedClient(useCallback(() => deskClientOf(config, session), [config, session]));
  if (im === undefined) return null;
  return (
    <main className="whole">
      <h1 className="visually-hidden">Desk</h1>
      <ClientProvider value={im}>
        <DeskProvider value={im}>
          <Console name={session.name} onSignOut={onSignOut} />
        </DeskProvider>
      </ClientProvider>
    </main>
  );
}
