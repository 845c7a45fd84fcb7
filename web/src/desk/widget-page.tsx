import { UnauthorizedError } from '@serverless-im/client';
import { createClient } from '@serverless-im/client/desk';
import { useCallback, useEffect, useState } from 'react';
import type { DevAuth, PageConfig } from '../config.ts';
import { ClientProvider, useConnectedClient } from '../session/client-context.ts';
import { devToken } from '../session/dev-session.ts';
import { clientOptions, type Session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { tabStorage } from '../session/tab-storage.ts';
import { useSession } from '../session/use-session.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { t } from '../ui/texts.ts';
import { hostToken, subjectOf } from './host-token.ts';
import { dress, type Host, launchOption, useHost } from './launcher.ts';
import { Widget } from './widget.tsx';

dress();

/** `/widget`: the customer's page, in a frame of an allowed page (`widget.js`) or in its own window. */
export function WidgetPage({ config }: { readonly config: PageConfig }) {
  const host = useHost(config.widgetOrigins);
  return host && <Shown config={config} host={host} />;
}

interface ShownProps {
  readonly config: PageConfig;
  readonly host: Host;
}

function Shown({ config, host }: ShownProps) {
  const { auth } = config;
  const isFramed = window.parent !== window;
  if (isFramed && launchOption('token') === 'host') return <Hosted config={config} host={host} />;
  if (auth.kind === 'dev') return <Guest config={config} host={host} auth={auth} />;
  // Issuers refuse to be framed, against clickjacking.
  return isFramed ? <OwnWindow /> : <Member config={config} host={host} />;
}

/** The user who is signed in to the embedding page. */
function Hosted({ config, host }: ShownProps) {
  const { widgetOrigins } = config;
  const [state, setState] = useState<Session | Error>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again
  useEffect(() => {
    let isOver = false;
    const set = (next: Session | Error) => {
      if (!isOver) setState(next);
    };
    hostToken(widgetOrigins).then((token) => set(hostedSession(token, widgetOrigins)), set);
    return () => {
      isOver = true;
    };
  }, [attempt, widgetOrigins]);
  const again = () => {
    setState(undefined);
    setAttempt((count) => count + 1);
  };
  if (state === undefined) return <Notice title={t('Signing in…')} isBusy />;
  if (!(state instanceof Error))
    return <Customer config={config} host={host} session={state} onSignOut={again} />;
  const [title, text] =
    state instanceof UnauthorizedError
      ? [t('Please sign in to this site first'), t('Then come back to the chat.')]
      : [t('Could not start the chat'), t('This site could not identify you.')];
  return (
    <Notice title={title} text={text}>
      <Button kind="primary" onClick={again}>
        {t('Try again')}
      </Button>
    </Notice>
  );
}

function hostedSession(token: string, widgetOrigins: readonly string[]): Session {
  const name = subjectOf(token);
  const getToken = () => hostToken(widgetOrigins);
  return { name, storeName: `widget/${name}`, getToken, signOut: () => {} };
}

function OwnWindow() {
  return (
    <Notice title={t('The chat opens in its own window')} text={t('Sign in there.')}>
      <a className="button button-primary" href={location.href} target="_blank" rel="noopener">
        {t('Open the chat')}
      </a>
    </Notice>
  );
}

/** On a local stack, customers don't sign in. */
function Guest({ config, host, auth }: ShownProps & { readonly auth: DevAuth }) {
  const [session] = useState(() => guestSession(auth));
  return <Customer config={config} host={host} session={session} />;
}

function Member({ config, host }: ShownProps) {
  const { session, isReturning, error, signIn, signOut } = useSession(config.auth);
  if (isReturning) return <Notice title={t('Signing in…')} isBusy />;
  if (session === undefined) return <SignIn auth={config.auth} error={error} onSignIn={signIn} />;
  return <Customer config={config} host={host} session={session} onSignOut={signOut} />;
}

interface CustomerProps extends ShownProps {
  readonly session: Session;
  /** Absent if there is no sign-in. */
  readonly onSignOut?: () => void;
}

function Customer({ config, host, session, onSignOut }: CustomerProps) {
  const make = useCallback(() => createClient(clientOptions(config, session)), [config, session]);
  const im = useConnectedClient(make, session.storeName);
  if (im === undefined) return null;
  return (
    <main className="whole">
      <ClientProvider value={im}>
        <Widget host={host} onSignOut={onSignOut} />
      </ClientProvider>
    </main>
  );
}

const GUEST_KEY = 'im.widget.guest';

/** The same guest for the life of the tab. `?user=` names one. */
function guestSession({ tokenUrl }: DevAuth): Session {
  const named = launchOption('user');
  const userId = named ?? tabStorage.getItem(GUEST_KEY) ?? `guest-${crypto.randomUUID().slice(0, 6)}`;
  tabStorage.setItem(GUEST_KEY, userId);
  return {
    name: userId,
    storeName: `widget/${userId}`,
    getToken: () => devToken(tokenUrl, userId),
    signOut: () => tabStorage.removeItem(GUEST_KEY),
  };
}
