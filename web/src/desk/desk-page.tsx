import { createClient } from '@serverless-im/client/desk';
import { useCallback, useMemo } from 'react';
import type { PageConfig } from '../config.ts';
import { ClientProvider, useConnectedClient } from '../session/client-context.ts';
import type { DevSessionOptions } from '../session/dev-session.ts';
import { clientOptions, type Session } from '../session/session.ts';
import { SignIn, type SignInWords } from '../session/sign-in.tsx';
import { signOutOf } from '../session/sign-out.tsx';
import { useSession } from '../session/use-session.ts';
import { UnreadBadge } from '../shell/unread-badge.tsx';
import { Notice } from '../ui/notice.tsx';
import { Console } from './console.tsx';

/** Signing out waits this long at most for the desk's answer to `away`. */
const SIGN_OUT_MS = 1_000;
const TO_DESK: SignInWords = {
  title: 'Sign in to the desk',
  text: 'This desk runs on your machine. A name that starts with “supervisor” is a supervisor, too; any other is an agent.',
  suggested: [
    { name: 'ann', note: 'Agent' },
    { name: 'ben', note: 'Agent' },
    { name: 'supervisor', note: 'Agent and supervisor' },
  ],
};

/** On a local stack, everybody is an agent, and a name that starts with `supervisor` makes a supervisor. */
const STAFF: DevSessionOptions = {
  key: 'im.dev.agent',
  claimsOf: (userId) => ({
    name: userId.charAt(0).toUpperCase() + userId.slice(1),
    roles: userId.startsWith('supervisor') ? ['agent', 'supervisor'] : ['agent'],
  }),
};

/** `/desk`: the page of agents and supervisors. */
export function DeskPage({ config }: { readonly config: PageConfig }) {
  const { session, isReturning, error, signIn, signOut } = useSession(config.auth, STAFF);
  if (isReturning) return <Notice title="Signing in…" isBusy />;
  if (session === undefined)
    return <SignIn auth={config.auth} error={error} words={TO_DESK} onSignIn={signIn} />;
  return <AtDesk key={session.storeName} config={config} session={session} onSignOut={signOut} />;
}

interface AtDeskProps {
  readonly config: PageConfig;
  readonly session: Session;
  onSignOut(): void;
}

function AtDesk({ config, session, onSignOut }: AtDeskProps) {
  const make = useCallback(() => createClient(clientOptions(config, session)), [config, session]);
  const im = useConnectedClient(make, session.storeName);
  const signOut = useMemo(() => {
    if (im === undefined) return undefined;
    // An agent who leaves takes no new chats, in no tab.
    const stopChats = () => {
      const tooLong = new Promise((resolve) => setTimeout(resolve, SIGN_OUT_MS));
      return Promise.race([im.agent.away().catch(() => {}), tooLong]);
    };
    return signOutOf(im, session, onSignOut, stopChats);
  }, [im, session, onSignOut]);
  if (im === undefined || signOut === undefined) return null;
  return (
    <main className="whole">
      <h1 className="visually-hidden">Desk</h1>
      <ClientProvider value={im}>
        <UnreadBadge name={session.name} />
        <Console name={session.name} signOut={signOut} />
      </ClientProvider>
    </main>
  );
}
