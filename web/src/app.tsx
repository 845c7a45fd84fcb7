import { lazy, Suspense, useEffect, useState } from 'react';
import { loadConfig, type PageConfig } from './config.ts';
import { Demo } from './demo/demo.tsx';
import { FileLimitsProvider } from './files/limits.ts';
import { SignIn } from './session/sign-in.tsx';
import { useSession } from './session/use-session.ts';
import { SignedIn } from './shell/signed-in.tsx';
import { Button } from './ui/button.tsx';
import { Notice } from './ui/notice.tsx';
import { t } from './ui/texts.ts';
import { viewAt } from './view.ts';

/** Loaded on demand: most users never open the desk. */
const DeskPage = lazy(async () => ({ default: (await import('./desk/desk-page.tsx')).DeskPage }));
const WidgetPage = lazy(async () => ({ default: (await import('./desk/widget-page.tsx')).WidgetPage }));

type Loading = PageConfig | Error | undefined;

export function App() {
  const [config, setConfig] = useState<Loading>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt loads again
  useEffect(() => {
    loadConfig().then(setConfig, (error: unknown) => setConfig(asError(error)));
  }, [attempt]);

  if (config === undefined) return <Notice title={t('Loading…')} isBusy />;
  if (config instanceof Error) {
    return (
      <Notice title={t('Could not load the chat')} text={config.message}>
        <Button kind="primary" onClick={() => setAttempt(attempt + 1)}>
          {t('Try again')}
        </Button>
      </Notice>
    );
  }
  return (
    <FileLimitsProvider value={config.files}>
      <Suspense fallback={<Notice title={t('Loading…')} isBusy />}>{pageAt(location, config)}</Suspense>
    </FileLimitsProvider>
  );
}

function pageAt(location: Location, config: PageConfig) {
  const view = viewAt(location);
  if (view === 'demo') return <Demo config={config} />;
  if (view === 'desk') return <DeskPage config={config} />;
  if (view === 'widget') return <WidgetPage config={config} />;
  return <Page config={config} />;
}

function Page({ config }: { readonly config: PageConfig }) {
  const { session, isReturning, error, signIn, signOut } = useSession(config.auth);
  if (isReturning) return <Notice title="Signing in…" isBusy />;
  if (session === undefined) return <SignIn auth={config.auth} error={error} onSignIn={signIn} />;
  return <SignedIn key={session.storeName} config={config} session={session} onSignOut={signOut} />;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
