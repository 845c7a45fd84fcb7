/** The part of the browser's Trusted Types that is used here. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(url: string): string };
}

/** The page's policy allows this name alone, and it makes this address alone (web/serving.ts). */
const POLICY = 'service-worker';
let trustedUrl: string | undefined;

function scriptUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const rules = { createScriptURL: () => './service-worker.js' };
  trustedUrl ??= trustedTypes?.createPolicy(POLICY, rules).createScriptURL('') ?? rules.createScriptURL();
  return trustedUrl;
}

const FOLDER = new URL('notifications/', new URL('.', location.href)).href;

/** A scope of each user's own: a service worker has one subscription, and a browser may have several users. */
function scopeOf(userId: string): string {
  return new URL(`${encodeURIComponent(userId)}/`, FOLDER).href;
}

/** The workers of this user's notifications; if nobody knows which user it is, those of all. */
export async function workersOf(userId: string | undefined): Promise<readonly ServiceWorkerRegistration[]> {
  const all = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  return all.filter(({ scope }) =>
    userId === undefined ? scope.startsWith(FOLDER) : scope === scopeOf(userId),
  );
}

/** The service worker of this user's notifications, if they have turned them on in this browser. */
export async function workerOf(userId: string): Promise<ServiceWorkerRegistration | undefined> {
  const scope = scopeOf(userId);
  const found = await navigator.serviceWorker?.getRegistration(scope);
  // The browser also finds workers of wider scopes.
  return found?.scope === scope ? found : undefined;
}

export function registerWorker(userId: string): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(scriptUrl(), { scope: scopeOf(userId) });
}

/** Ends the worker, and closes what it shows. */
export async function removeWorker(worker: ServiceWorkerRegistration): Promise<void> {
  for (const notification of await worker.getNotifications()) notification.close();
  await worker.unregister();
}
