import { type ClientOptions, indexedDbStore, type Store } from '@serverless-im/client';
import type { PageConfig } from '../config.ts';
import { deviceOfTab } from './device.ts';

/** A signed-in user. */
export interface Session {
  /** The name shown until the client knows its user id. */
  readonly name: string;
  /** Names the user's store in this browser. */
  readonly storeName: string;
  readonly getToken: () => Promise<string>;
  /** Forgets the tokens. */
  signOut(): void;
}

/** The options of this user's client in this tab. */
export function clientOptions(
  { wsUrl, httpUrl }: PageConfig,
  { getToken, storeName }: Pick<Session, 'getToken' | 'storeName'>,
): ClientOptions {
  return { wsUrl, httpUrl, getToken, deviceId: deviceOfTab(), store: storeOf(storeName) };
}

const stores = new Map<string, Store>();

/** The same object for the client and for the sign-out, whose deletion has to wait for the client's last write. */
export function storeOf(name: string): Store {
  const store = stores.get(name) ?? indexedDbStore(`serverless-im/${name}`);
  stores.set(name, store);
  return store;
}
