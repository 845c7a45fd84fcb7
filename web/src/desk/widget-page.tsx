import { UnauthorizedError } from '@serverless-im/client';
import { createClient } from '@serverless-im/client/desk';
import { useCallback, useEffect, useState } from 'react';
import type { DevAuth, PageConfig } from '../config.ts';
import { ClientProvider, useConnectedClient } from '../session/client-context.ts';
import { devToken } from '../session/dev-session.ts';
import { clientOptions, type Session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { useSession } from '../session/use-session.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { hostToken, subjectOf } from './host-token.ts';
import { Widget } from './widget.tsx';

/** `/widget`: what a customer sees, in a frame of any page (`widget.js`) or in a window of its own. */
export function WidgetPage({ config }: { readonly config: PageConfig }) {
  const { auth } = config;
  const isFramed = window.parent !== window;
  if (isFramed && new URLSearchParams(location.search).get('token') === 'host')
    return <Hosted config={config} />;
  if (auth.kind === 'dev') return <Guest config={config} auth={auth} />;
  // Issuers let nobody sign in within a frame, for good reasons.
  return isFramed ? <OwnWindow /> : <Member config={config} />;
}

/** Whoever is signed in to the page around this one. */
function Hosted({ config }: { readonly config: PageConfig }) {
  const [state, setState] = useState<Session | Error>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another question
  useEffect(() => {
    let isOver = false;
    const set = (next: Session | Error) => {
      if (!isOver) setState(next);
    };
    hostToken().then((token) => set(hostedSession(token)), set);
    return () => {
      isOver = true;
    };
  }, [attempt]);
  const again = () => {
    setState(undefined);
    setAttempt((count) => count + 1);
  };
  if (state === undefined) return <Notice title="Signing in…" isBusy />;
  if (!(state instanceof Error)) return <Customer config={config} session={state} onSignOut={again} />;
  const [title, text] =
    state instanceof UnauthorizedError
      ? ['Please sign in to this site first', 'Then come back to the chat.']
      : ['The chat could not be started', 'This site could not say who you are.'];
  return (
    <Notice title={title} text={text}>
      <Button kind="primary" onClick={again}>
        Try again
      </Button>
    </Notice>
  );
}

function hostedSession(token: string): Session {
  const name = subjectOf(token);
  return { name, storeName: `widget/${name}`, getToken: hostToken, signOut: () => {} };
}

function OwnWindow() {
  return (
    <Notice title="The chat opens in a window" text="There you can sign in.">
      <a className="button button-primary" href={location.href} target="_blank" rel="noopener">
        Open the chat
      </a>
    </Notice>
  );
}

/** On one machine nobody has to say who they are. */
function Guest({ config, auth }: { readonly config: PageConfig; readonly auth: DevAuth }) {
  const [session] = useState(() => guestSession(auth));
  return <Customer config={config} session={session} />;
}

function Member({ config }: { readonly config: PageConfig }) {
  const { session, isReturning, error, signIn, signOut } = useSession(config.auth);
  if (isReturning) return <Notice title="Signing in…" isBusy />;
  if (session === undefined) return <SignIn auth={config.auth} error={error} onSignIn={signIn} />;
  return <Customer config={config} session={session} onSignOut={signOut} />;
}

interface CustomerProps {
  readonly config: PageConfig;
  readonly session: Session;
  /** @default - nothing to sign in to */
  readonly onSignOut?: () => void;
}

function Customer({ config, session, onSignOut }: CustomerProps) {
  const make = useCallback(() => createClient(clientOptions(config, session)), [config, session]);
  const im = useConnectedClient(make);
  if (im === undefined) return null;
  return (
    <main className="whole">
      <ClientProvider value={im}>
        <Widget onSignOut={onSignOut} />
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
