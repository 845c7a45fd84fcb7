import type { PushBody } from '../../../protocol/notifications.ts';
import { ForeignAnswerError, invalid, NetworkError } from '../model/errors.ts';
import type { PushState } from '../model/push-state.ts';
import type { PushOptions, PushPorts } from './push-ports.ts';
import type { PushServiceWorker, PushSubscriptionLike } from './service-worker.ts';

/** What this browser remembers of a subscription: whose it is, since its service worker has no more than one. */
interface Registered {
  readonly userId: string;
  readonly deviceId: string;
}

type Work = (
  ports: PushPorts,
  serviceWorker: PushOptions['serviceWorker'],
  set: (state: PushState) => void,
  asked?: Promise<string>,
) => Promise<PushState>;

/** The parts of `Push` that are loaded on their first use. */
export const webPush: Readonly<Record<'enable' | 'load' | 'disable', Work>> = { enable, load, disable };

async function enable(
  ports: PushPorts,
  serviceWorker: PushOptions['serviceWorker'],
  _: unknown,
  asked?: Promise<string>,
): Promise<PushState> {
  if (asked === undefined) return 'unsupported';
  // A dismissed question may be asked again.
  if ((await asked) !== 'granted') return 'disabled';
  const publicKey = await keyOf(ports);
  if (publicKey === undefined) return 'unavailable';
  const worker = await workerOf(serviceWorker);
  if (worker === undefined) throw invalid('im.push.enable: no service worker is registered');
  await register(ports, worker, await subscribe(worker, publicKey));
  return 'enabled';
}

async function load(ports: PushPorts, serviceWorker: PushOptions['serviceWorker']): Promise<PushState> {
  if (!('PushManager' in globalThis)) return 'unsupported';
  const publicKey = await keyOf(ports);
  if (publicKey === undefined) return 'unavailable';
  const worker = await workerOf(serviceWorker);
  const known = worker && rememberedOf(worker);
  if (!worker || Notification.permission !== 'granted' || known?.userId !== (await ports.identity.resolve()))
    return 'disabled';
  // Also if nothing has changed here: the server may have dropped the device, and nothing else tells.
  await register(ports, worker, await subscribe(worker, publicKey));
  return 'enabled';
}

async function disable(
  ports: PushPorts,
  serviceWorker: PushOptions['serviceWorker'],
  set: (state: PushState) => void,
): Promise<PushState> {
  const worker = 'PushManager' in globalThis ? await workerOf(serviceWorker) : undefined;
  const known = worker && rememberedOf(worker);
  const isMine = known?.userId === (await ports.identity.resolve());
  if (worker && isMine) {
    // First: from here on, nobody gets this user's messages in this browser.
    await (await worker.pushManager.getSubscription())?.unsubscribe();
    remember(worker, undefined);
  }
  set('disabled');
  const deviceId = worker ? isMine && known.deviceId : ports.identity.deviceId;
  if (deviceId) await ports.http.call('DELETE', `/devices/${deviceId}/push`);
  return 'disabled';
}

/** The deployment's public key; undefined if it has no Web Push. */
async function keyOf({ http }: PushPorts): Promise<string | undefined> {
  try {
    return (await http.call<PushBody>('GET', '/push')).webpush?.publicKey;
  } catch (error) {
    // The gateway's own answer: the deployment lacks the route.
    if (error instanceof ForeignAnswerError && error.status === 404) return undefined;
    throw error;
  }
}

async function workerOf(given: PushOptions['serviceWorker']): Promise<PushServiceWorker | undefined> {
  return given ?? navigator.serviceWorker.getRegistration();
}

/** The worker's subscription; a new one if it has none, or one for another key. */
async function subscribe(worker: PushServiceWorker, publicKey: string): Promise<PushSubscriptionLike> {
  const { pushManager } = worker;
  try {
    await untilActive(worker);
    const present = await pushManager.getSubscription();
    const key = present?.options.applicationServerKey;
    if (present && key && base64Url(key) === publicKey) return present;
    await present?.unsubscribe();
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
  } catch (cause) {
    throw new NetworkError('the browser could not subscribe to its push service', cause);
  }
}

/** A worker that is not active can't subscribe. */
async function untilActive({ active, installing, waiting }: PushServiceWorker): Promise<void> {
  const worker = installing ?? waiting;
  if (active !== null || worker === null) return;
  await new Promise<void>((resolve) => {
    worker.addEventListener('statechange', () => {
      if (['activated', 'redundant'].includes(worker.state)) resolve();
    });
  });
}

async function register(
  { http, identity }: PushPorts,
  worker: PushServiceWorker,
  subscription: PushSubscriptionLike,
): Promise<void> {
  const { deviceId } = identity;
  const { endpoint } = subscription;
  const { keys } = subscription.toJSON();
  const path = `/devices/${deviceId}/push`;
  await http.call('PUT', path, { provider: 'webpush', subscription: { endpoint, keys } });
  remember(worker, { userId: await identity.resolve(), deviceId });
}

function rememberedOf({ scope }: PushServiceWorker): Registered | undefined {
  try {
    return JSON.parse(localStorage.getItem(keyAt(scope)) ?? '') as Registered;
  } catch {
    return undefined;
  }
}

/** In a browser that blocks storage, the user turns notifications on again after a reload. */
function remember({ scope }: PushServiceWorker, registered: Registered | undefined): void {
  try {
    if (registered === undefined) localStorage.removeItem(keyAt(scope));
    else localStorage.setItem(keyAt(scope), JSON.stringify(registered));
  } catch {}
}

function keyAt(scope: string): string {
  return `serverless-im/push ${scope}`;
}

function base64Url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
