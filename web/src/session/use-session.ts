import { useCallback, useEffect, useState } from 'react';
import type { DevAuth, OidcAuth } from '../config.ts';
import { type DevSessionOptions, resumeDevSession, signInAs } from './dev-session.ts';
import type { Session } from './session.ts';

interface State {
  readonly session?: Session | undefined;
  /** The page has returned from the issuer, or is about to leave for it. */
  readonly isReturning: boolean;
  /** Why signing in failed. */
  readonly error?: string;
}

export interface UseSession extends State {
  /** On a local stack, signs in as this user; otherwise redirects to the issuer. */
  signIn(userId: string): void;
  signOut(): void;
}

/** `dev` must stay the same object. */
export function useSession(auth: DevAuth | OidcAuth, dev?: DevSessionOptions): UseSession {
  const [state, setState] = useState<State>(() =>
    auth.kind === 'dev'
      ? { session: resumeDevSession(auth, dev), isReturning: false }
      : { isReturning: true },
  );
  const fail = useCallback((error: unknown) => {
    setState({ isReturning: false, error: error instanceof Error ? error.message : String(error) });
  }, []);
  useEffect(() => {
    if (auth.kind === 'dev') return;
    resumeOidc(auth).then((session) => setState({ session, isReturning: false }), fail);
  }, [auth, fail]);

  const signIn = (userId: string): void => {
    if (auth.kind === 'dev') setState({ session: signInAs(auth, userId, dev), isReturning: false });
    else {
      setState({ isReturning: true });
      import('./oidc-session.ts').then(({ goToIssuer }) => goToIssuer(auth)).catch(fail);
    }
  };
  const signOut = (): void => {
    state.session?.signOut();
    setState({ isReturning: false });
  };
  return { ...state, signIn, signOut };
}

/** Loads the OpenID Connect code only where it is needed. */
async function resumeOidc(auth: OidcAuth): Promise<Session | undefined> {
  const { resumeOidcSession } = await import('./oidc-session.ts');
  return resumeOidcSession(auth);
}
