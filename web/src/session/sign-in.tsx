import { type FormEvent, type ReactNode, useState } from 'react';
import type { DevAuth, OidcAuth } from '../config.ts';
import { parsePeople, whyNot } from '../conversations/people.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Mark } from '../ui/mark.tsx';
import './sign-in.css';

export interface SignInProps {
  readonly auth: DevAuth | OidcAuth;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
  readonly words?: SignInWords;
  onSignIn(userId: string): void;
}

export interface SignInWords {
  readonly title: string;
  /** On a local stack. */
  readonly text: string;
  /** Names to choose from, on a local stack, and what they are there. */
  readonly suggested: readonly { readonly name: string; readonly note?: string }[];
  /** Below, on a local stack. */
  readonly more?: ReactNode;
}

export function SignIn({ auth, error, words = TO_CHAT, onSignIn }: SignInProps) {
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Mark />
        <h1>{words.title}</h1>
        {auth.kind === 'dev' ? (
          <PickUser words={words} onSignIn={onSignIn} />
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

const TO_CHAT: SignInWords = {
  title: 'Sign in',
  text: 'This chat runs on your machine. Sign in with any name without spaces.',
  suggested: [{ name: 'alice' }, { name: 'bob' }, { name: 'carol' }],
  more: <a href="?demo">See two people side by side</a>,
};

function PickUser({ words, onSignIn }: Required<Pick<SignInProps, 'words' | 'onSignIn'>>) {
  const [userId, setUserId] = useState('');
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const [name = '', ...more] = parsePeople(userId);
    const reason = more.length > 0 ? 'Enter one name, without spaces.' : whyNot(name === '' ? [] : [name]);
    setError(reason);
    if (reason === undefined) onSignIn(name);
  };
  return (
    <>
      <p>{words.text}</p>
      <ul className="sign-in-users">
        {words.suggested.map(({ name, note }) => (
          <li key={name}>
            <button type="button" onClick={() => onSignIn(name)}>
              <Avatar name={name} />
              {name}
              {note !== undefined && <span className="sign-in-note">{note}</span>}
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={submit} onChange={() => setError(undefined)} className="sign-in-form">
        <label htmlFor="user">Somebody else</label>
        <div className="field-row">
          <input
            id="user"
            value={userId}
            onChange={(event) => setUserId(event.target.value)}
            autoComplete="username"
            autoCapitalize="off"
            spellCheck={false}
            placeholder="name"
          />
          <Button kind="primary" type="submit">
            Sign in
          </Button>
        </div>
        <FormError text={error} />
      </form>
      {words.more !== undefined && <p className="sign-in-hint">{words.more}</p>}
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
