import { type ClientOptions, indexedDbStore } from '@serverless-im/client';
import type { PageConfig } from '../config.ts';

/** Somebody who is signed in. */
export interface Session {
  /** What this person is called on screen until the chat has said who it is. */
  readonly name: string;
  /** Names what this browser keeps for this person. */
  readonly storeName: string;
  readonly getToken: () => Promise<string>;
  /** Forgets the tokens. */
  signOut(): void;
}

const DEVICE_KEY = 'im.device';

/** For a client of this person in this tab. */
export function clientOptions(
  { wsUrl, httpUrl }: PageConfig,
  { getToken, storeName }: Pick<Session, 'getToken' | 'storeName'>,
): ClientOptions {
  const store = indexedDbStore(`serverless-im/${storeName}`);
  return { wsUrl, httpUrl, getToken, deviceId: deviceOfTab(), store };
}

/** Each tab is a device, and stays the same one when it is loaded again: the chat keeps ten a person. */
function deviceOfTab(): string {
  const known = sessionStorage.getItem(DEVICE_KEY);
  if (known !== null) return known;
  const made = `web-${crypto.randomUUID().slice(0, 8)}`;
  sessionStorage.setItem(DEVICE_KEY, made);
  return made;
}
