import { useCallback, useEffect, useState } from 'react';
import type { DevAuth, OidcAuth } from '../config.ts';
import { type DevSessionOptions, resumeDevSession, signInAs } from './dev-session.ts';
import type { Session } from './session.ts';

interface State {
  readonly session?: Session | undefined;
  /** Back from the issuer, the code is being exchanged. */
  readonly isReturning: boolean;
  /** Why signing in failed. */
  readonly error?: string;
}

export interface UseSession extends State {
  /** On one machine as this user; else at the issuer, which takes the page away. */
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

/** Its code is loaded only where there is an issuer to speak to. */
async function resumeOidc(auth: OidcAuth): Promise<Session | undefined> {
  const { resumeOidcSession } = await import('./oidc-session.ts');
  return resumeOidcSession(auth);
}
