import { UnauthorizedError } from '@serverless-im/client';
import type { DevAuth } from '../config.ts';
import type { Session } from './session.ts';

const USER_KEY = 'im.dev.user';

/** Signs anybody in as anybody: one machine only. */
export function signInAs({ tokenUrl }: DevAuth, userId: string): Session {
  sessionStorage.setItem(USER_KEY, userId);
  return {
    name: userId,
    storeName: `dev/${userId}`,
    getToken: () => devToken(tokenUrl, userId),
    signOut: () => sessionStorage.removeItem(USER_KEY),
  };
}

/** Who was signed in before this tab was loaded again. */
export function resumeDevSession(auth: DevAuth): Session | undefined {
  const userId = sessionStorage.getItem(USER_KEY);
  return userId === null ? undefined : signInAs(auth, userId);
}

/** @throws {UnauthorizedError} if the issuer refuses this user. */
export async function devToken(tokenUrl: string, userId: string): Promise<string> {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
  if (response.status >= 400 && response.status < 500) throw new UnauthorizedError('the issuer said no');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { token }: { token: string } = await response.json();
  return token;
}
