import { type ClientOptions, createClient, indexedDbStore } from '@serverless-im/client';
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

/** What makes a client: the SDK's own `createClient`, or the desk's. */
type Make<Made> = (options: ClientOptions) => Made;

export function clientOf(
  config: Pick<PageConfig, 'wsUrl' | 'httpUrl'>,
  session: Pick<Session, 'getToken' | 'storeName'>,
  options: Partial<ClientOptions> = {},
) {
  return clientBy(createClient, config, session, options);
}

/** A client of this person in this tab. */
export function clientBy<Made>(
  make: Make<Made>,
  { wsUrl, httpUrl }: Pick<PageConfig, 'wsUrl' | 'httpUrl'>,
  { getToken, storeName }: Pick<Session, 'getToken' | 'storeName'>,
  options: Partial<ClientOptions> = {},
): Made {
  const store = indexedDbStore(`serverless-im/${storeName}`);
  return make({ wsUrl, httpUrl, getToken, deviceId: deviceOfTab(), store, ...options });
}

/** Each tab is a device, and stays the same one when it is loaded again: the chat keeps ten a person. */
function deviceOfTab(): string {
  const known = sessionStorage.getItem(DEVICE_KEY);
  if (known !== null) return known;
  const made = `web-${crypto.randomUUID().slice(0, 8)}`;
  sessionStorage.setItem(DEVICE_KEY, made);
  return made;
}
