import { onTestFinished, vi } from 'vitest';
import type { PushServiceWorker, PushSubscriptionLike } from '../../src/index.ts';

/** A public key as `GET /push` gives it. */
export const keyOf = (byte: number): string => Buffer.alloc(65, byte).toString('base64url');

/** What Web Push needs of a browser, with a user who answers its question. */
export interface FakeBrowser {
  /** What the user has chosen, or chooses when asked. */
  permission: 'default' | 'granted' | 'denied';
  answer: 'default' | 'granted' | 'denied';
  /** How often the user was asked. */
  asked: number;
  readonly worker: PushServiceWorker;
  /** The address of the subscription, if there is one. */
  endpoint(): Promise<string | undefined>;
  /** The browser replaces the subscription, as after a long time. */
  replace(): void;
  /** Makes the next subscription fail. */
  failOnce(error: Error): void;
}

/** Stubs the globals of a page until the test ends. */
export function stubBrowser(): FakeBrowser {
  let subscription: PushSubscriptionLike | null = null;
  let count = 0;
  let failure: Error | undefined;
  const make = (key: string): PushSubscriptionLike => {
    count += 1;
    const bytes = Buffer.from(key, 'base64url');
    const made: PushSubscriptionLike = {
      endpoint: `https://push.example/${count}`,
      options: { applicationServerKey: new Uint8Array(bytes).buffer },
      toJSON: () => ({ keys: { p256dh: `p256dh-${count}`, auth: `auth-${count}` } }),
      unsubscribe: async () => {
        if (subscription === made) subscription = null;
        return true;
      },
    };
    return made;
  };
  const worker: PushServiceWorker = {
    scope: 'https://chat.example/',
    active: {},
    installing: null,
    waiting: null,
    pushManager: {
      getSubscription: async () => subscription,
      subscribe: async ({ applicationServerKey }) => {
        const error = failure;
        failure = undefined;
        if (error) throw error;
        subscription = make(applicationServerKey);
        return subscription;
      },
    },
  };
  const browser: FakeBrowser = {
    permission: 'default',
    answer: 'granted',
    asked: 0,
    worker,
    endpoint: async () => subscription?.endpoint,
    replace: () => {
      subscription = make(keyOf(4));
    },
    failOnce: (error) => {
      failure = error;
    },
  };
  const stored = new Map<string, string>();
  vi.stubGlobal('PushManager', class {});
  vi.stubGlobal('Notification', {
    get permission() {
      return browser.permission;
    },
    requestPermission: async () => {
      browser.asked += 1;
      browser.permission = browser.answer;
      return browser.answer;
    },
  });
  vi.stubGlobal('navigator', { serviceWorker: { getRegistration: async () => worker } });
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  return browser;
}
