import { type FormEvent, useState } from 'react';
import type { DevAuth, OidcAuth } from '../config.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Mark } from '../ui/mark.tsx';
import './sign-in.css';

export interface SignInProps {
  readonly auth: DevAuth | OidcAuth;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
  /** Names to choose from, on a local stack. */
  readonly suggested?: readonly string[];
  onSignIn(userId: string): void;
}

export function SignIn({ auth, error, suggested = SUGGESTED, onSignIn }: SignInProps) {
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Mark />
        <h1>Sign in</h1>
        {auth.kind === 'dev' ? (
          <PickUser suggested={suggested} onSignIn={onSignIn} />
        ) : (
          <AtIssuer onSignIn={onSignIn} />
        )}
        {error !== undefined && (
          <p className="sign-in-error" role="alert">
            Could not sign in: {error}
          </p>
        )}
      </div>
    </main>
  );
}

const SUGGESTED = ['alice', 'bob', 'carol'];
/** docs/protocol.md, section 1. */
const USER_ID = '[A-Za-z0-9_.@\\|+=\\-]{1,64}';

function PickUser({ suggested, onSignIn }: Required<Pick<SignInProps, 'suggested' | 'onSignIn'>>) {
  const [userId, setUserId] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSignIn(userId);
  };
  return (
    <>
      <p>This chat runs on your machine. Sign in with any name.</p>
      <ul className="sign-in-users">
        {suggested.map((name) => (
          <li key={name}>
            <button type="button" onClick={() => onSignIn(name)}>
              <Avatar name={name} />
              {name}
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={submit} className="sign-in-form">
        <label htmlFor="user">Somebody else</label>
        <div className="field-row">
          <input
            id="user"
            value={userId}
            onChange={(event) => setUserId(event.target.value)}
            pattern={USER_ID}
            title="Letters, digits, and _ . @ | + = - (64 at most)"
            required
            autoComplete="username"
            autoCapitalize="off"
            spellCheck={false}
            placeholder="name"
          />
          <Button kind="primary" type="submit">
            Sign in
          </Button>
        </div>
      </form>
      <p className="sign-in-hint">
        <a href="?demo">See two people side by side</a>
      </p>
    </>
  );
}

function AtIssuer({ onSignIn }: Pick<SignInProps, 'onSignIn'>) {
  return (
    <>
      <p>You sign in on your organisation's page and then return here.</p>
      <Button kind="primary" onClick={() => onSignIn('')}>
        Continue
      </Button>
    </>
  );
}
