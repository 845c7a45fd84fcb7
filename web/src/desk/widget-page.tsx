import { useCallback, useState } from 'react';
import type { DevAuth, PageConfig } from '../config.ts';
import { ClientProvider, useConnectedClient } from '../session/client-context.ts';
import { devToken } from '../session/dev-session.ts';
import type { Session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { useSession } from '../session/use-session.ts';
import { Notice } from '../ui/notice.tsx';
import { DeskProvider, deskClientOf } from './desk-client.ts';
import { Widget } from './widget.tsx';

/** `/widget`: what a customer sees, in a frame of any page (`widget.js`) or in a window of its own. */
export function WidgetPage({ config }: { readonly config: PageConfig }) {
  const { auth } = config;
  return auth.kind === 'dev' ? <Guest config={config} auth={auth} /> : <Member config={config} />;
}

/** On one machine nobody has to say who they are. */
function Guest({ config, auth }: { readonly config: PageConfig; readonly auth: DevAuth }) {
  const [session] = useState(() => guestSession(auth));
  return <Customer config={config} session={session} />;
}

function Member({ config }: { readonly config: PageConfig }) {
  const { session, isReturning, error, signIn } = useSession(config.auth);
  if (isReturning) return <Notice title="Signing in…" isBusy />;
  if (session === undefined) return <SignIn auth={config.auth} error={error} onSignIn={signIn} />;
  return <Customer config={config} session={session} />;
}

function Customer({ config, session }: { readonly config: PageConfig; readonly session: Session }) {
  const im = useConnectedClient(useCallback(() => deskClientOf(config, session), [config, session]));
  if (im === undefined) return null;
  return (
    <main className="whole">
      <ClientProvider value={im}>
        <DeskProvider value={im}>
          <Widget />
        </DeskProvider>
      </ClientProvider>
    </main>
  );
}

const GUEST_KEY = 'im.widget.guest';

/** The same guest as long as the tab is there. `?user=` names one. */
function guestSession({ tokenUrl }: DevAuth): Session {
  const named = new URLSearchParams(location.search).get('user');
  const userId = named ?? sessionStorage.getItem(GUEST_KEY) ?? `guest-${crypto.randomUUID().slice(0, 6)}`;
  sessionStorage.setItem(GUEST_KEY, userId);
  return {
    name: userId,
    storeName: `widget/${userId}`,
    getToken: () => devToken(tokenUrl, userId),
    signOut: () => sessionStorage.removeItem(GUEST_KEY),
  };
}
