import { UnauthorizedError } from '@serverless-im/client';
import type { DevAuth } from '../config.ts';
import type { Session } from './session.ts';

/** What a token says beside whose it is (IM-ROLE). */
export type Claims = Readonly<{ roles?: readonly string[]; name?: string }>;

export interface DevSessionOptions {
  /** Where this tab keeps who is signed in: a customer and an agent may share a browser. */
  readonly key: string;
  readonly claimsOf: (userId: string) => Claims;
}

const CHAT: DevSessionOptions = { key: 'im.dev.user', claimsOf: () => ({}) };

/** Signs anybody in as anybody: one machine only. */
export function signInAs({ tokenUrl }: DevAuth, userId: string, { key, claimsOf } = CHAT): Session {
  sessionStorage.setItem(key, userId);
  return {
    name: userId,
    storeName: `dev/${userId}`,
    getToken: () => devToken(tokenUrl, userId, claimsOf(userId)),
    signOut: () => sessionStorage.removeItem(key),
  };
}

/** Who was signed in before this tab was loaded again. */
export function resumeDevSession(auth: DevAuth, options = CHAT): Session | undefined {
  const userId = sessionStorage.getItem(options.key);
  return userId === null ? undefined : signInAs(auth, userId, options);
}

/** @throws {UnauthorizedError} if the issuer refuses this user. */
export async function devToken(tokenUrl: string, userId: string, claims: Claims = {}): Promise<string> {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId, ...claims }),
  });
  if (response.status >= 400 && response.status < 500) throw new UnauthorizedError('the issuer said no');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { token }: { token: string } = await response.json();
  return token;
}
