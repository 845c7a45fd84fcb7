import { UnauthorizedError } from '@serverless-im/client';
import type { DevAuth } from '../config.ts';
import type { Session } from './session.ts';
import { tabStorage } from './tab-storage.ts';

/** A token's claims besides the user (IM-ROLE). */
export type Claims = Readonly<{ roles?: readonly string[]; name?: string }>;

export interface DevSessionOptions {
  /** The key of the signed-in user in the tab's storage, so that a chat and the desk can share a tab. */
  readonly key: string;
  readonly claimsOf: (userId: string) => Claims;
}

const CHAT: DevSessionOptions = { key: 'im.dev.user', claimsOf: () => ({}) };

/** Signs in as any user, on a local stack. */
export function signInAs({ tokenUrl }: DevAuth, userId: string, { key, claimsOf } = CHAT): Session {
  tabStorage.setItem(key, userId);
  return {
    name: userId,
    storeName: `dev/${userId}`,
    getToken: () => devToken(tokenUrl, userId, claimsOf(userId)),
    signOut: () => tabStorage.removeItem(key),
  };
}

/** Restores the session after a reload. */
export function resumeDevSession(auth: DevAuth, options = CHAT): Session | undefined {
  const userId = tabStorage.getItem(options.key);
  return userId === null ? undefined : signInAs(auth, userId, options);
}

/** @throws {UnauthorizedError} if the issuer refuses this user */
export async function devToken(tokenUrl: string, userId: string, claims: Claims = {}): Promise<string> {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId, ...claims }),
  });
  if (response.status >= 400 && response.status < 500)
    throw new UnauthorizedError('the issuer refused this user');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { token }: { token: string } = await response.json();
  return token;
}
