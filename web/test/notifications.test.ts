/** @module-tag long */
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../client/src/index.ts';
import { startRuntime } from '../../local/runtime.ts';
import { chromiumArguments, windowedChromiumPath } from '../../scripts/chromium.ts';
import { type PushService, startPushService } from '../../test/fixtures/push/push-service.ts';
import { asAdmin } from '../../test/flow/setup/admin.ts';
import { PATIENCE_MS } from '../../test/setup/patience.ts';
import { faultsOf } from './setup/axe.ts';
import { fillIn } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

let stack: Awaited<ReturnType<typeof startRuntime>>;
let browser: Browser;
let service: PushService;
beforeAll(async () => {
  service = await startPushService();
  const context = { webPushSubject: 'mailto:ops@example.com', notificationText: 'preview', desk: 'false' };
  stack = await startRuntime({ context, webPort: 0 });
  // The shell denies all notifications.
  browser = await chromium.launch({
    executablePath: windowedChromiumPath(),
    args: [...chromiumArguments(), '--headless=new'],
    ignoreDefaultArgs: ['--headless'],
  });
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await service?.stop();
});

/** In the page: the browser's push service is the test's. A subscription outlives the page, as a real one does. */
function stubPushManager(subscription: PushSubscriptionJSON): void {
  const made = (key: string) => ({
    endpoint: subscription.endpoint,
    options: {
      applicationServerKey: Uint8Array.from(
        atob(key.replaceAll('-', '+').replaceAll('_', '/')),
        (char) => char.codePointAt(0) ?? 0,
      ).buffer,
    },
    toJSON: () => subscription,
    unsubscribe: async () => {
      localStorage.removeItem('test.subscription');
      return true;
    },
  });
  Object.assign(PushManager.prototype, {
    subscribe: async ({ applicationServerKey }: { applicationServerKey: string }) => {
      localStorage.setItem('test.subscription', applicationServerKey);
      return made(applicationServerKey);
    },
    getSubscription: async () => {
      const key = localStorage.getItem('test.subscription');
      return key === null ? null : made(key);
    },
  });
  const ask = Notification.requestPermission.bind(Notification);
  Notification.requestPermission = () => {
    localStorage.setItem('test.asked', `${Number(localStorage.getItem('test.asked')) + 1}`);
    return ask();
  };
}

/** A user in a browser of their own, whose push service is the test's, unless it is that of a private window: none. */
async function signIn(name: string, { isPrivate = false } = {}) {
  const userId = newUser(name);
  const device = service.subscribe();
  const context = await browser.newContext({
    viewport: { width: 1100, height: 720 },
    reducedMotion: 'reduce',
    permissions: ['notifications'],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  if (!isPrivate) await context.addInitScript(stubPushManager, device.subscription);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    const isExpected = isPrivate && message.text().includes('does not support the Push API in incognito');
    if (message.type() === 'error' && !isExpected) faults.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
  await page.goto(stack.webUrl ?? '');
  await fillIn(page, userId);
  await page.getByRole('heading', { name: userId }).waitFor();
  return { userId, page, device, context };
}

async function settingsOf(page: Page) {
  await page.getByRole('button', { name: 'Your profile' }).click();
  return page.getByRole('dialog', { name: 'Your profile' });
}

async function turnOn(page: Page): Promise<void> {
  const settings = await settingsOf(page);
  await settings.getByRole('button', { name: 'Turn on' }).click();
  await settings.getByRole('heading', { name: 'Notifications are on' }).waitFor();
  await settings.getByRole('button', { name: 'Close' }).click();
}

async function tokenOf(userId: string): Promise<string> {
  const response = await fetch(stack.tokenUrl, { method: 'POST', body: JSON.stringify({ userId }) });
  return ((await response.json()) as { token: string }).token;
}

/** Sends as this user over HTTP, and resolves to the conversation's id. */
async function say(from: string, to: string, text: string): Promise<string> {
  const sent = await fetch(`${stack.httpUrl}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf(from)}` },
    body: JSON.stringify({ to, clientMsgId: crypto.randomUUID(), content: { type: 'text', text } }),
  });
  return ((await sent.json()) as { conversationId: string }).conversationId;
}

/** A tab of another site in this browser, through which pushes are delivered. */
async function elsewhere(context: BrowserContext) {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  const registrations = new Map<string, string>();
  session.on('ServiceWorker.workerRegistrationUpdated', (update) => {
    for (const { registrationId, scopeURL, isDeleted } of update.registrations) {
      if (isDeleted) registrations.delete(scopeURL);
      else registrations.set(scopeURL, registrationId);
    }
  });
  await session.send('ServiceWorker.enable');
  return { page, session, registrations };
}

type Elsewhere = Awaited<ReturnType<typeof elsewhere>>;

/** Delivers to the browser's only worker what its push service has got. */
async function deliver({ session, registrations }: Elsewhere, payload: object): Promise<void> {
  await expect.poll(() => registrations.size).toBe(1);
  const [registrationId = ''] = registrations.values();
  const origin = new URL(stack.webUrl ?? '').origin;
  await (session as CDPSession).send('ServiceWorker.deliverPushMessage', {
    origin,
    registrationId,
    data: JSON.stringify(payload),
  });
}

/** The worker, which a push has started. */
async function workerOf(context: BrowserContext) {
  await expect.poll(() => context.serviceWorkers().length).toBe(1);
  return context.serviceWorkers()[0] as NonNullable<ReturnType<BrowserContext['serviceWorkers']>[number]>;
}

async function shownIn(context: BrowserContext) {
  const worker = await workerOf(context);
  return worker.evaluate(async () => {
    const all = await (
      globalThis as unknown as { registration: ServiceWorkerRegistration }
    ).registration.getNotifications();
    return all.map(({ title, body, tag }) => ({ title, body, tag }));
  });
}

/** The user clicks on the notification. Windows can be opened and focused only by a real click, so what the worker does is recorded. */
async function click(context: BrowserContext): Promise<unknown> {
  const worker = await workerOf(context);
  return worker.evaluate(async () => {
    const self = globalThis as unknown as {
      registration: ServiceWorkerRegistration;
      clients: { openWindow(url: URL): Promise<null> };
      WindowClient: { prototype: { focus(): Promise<unknown> } };
    } & EventTarget;
    const done = new Promise((resolve) => {
      self.clients.openWindow = async (url) => {
        resolve({ opened: url.href });
        return null;
      };
      self.WindowClient.prototype.focus = async function focus(this: { url: string }) {
        resolve({ focused: this.url });
        return this;
      };
    });
    const [notification] = await self.registration.getNotifications();
    const Click = (globalThis as unknown as { NotificationEvent: new (name: string, init: object) => Event })
      .NotificationEvent;
    self.dispatchEvent(new Click('notificationclick', { notification }));
    return done;
  });
}

/** From now on the pages count as hidden, as in a browser whose window is covered. The worker has been started by a push. */
async function cover(context: BrowserContext): Promise<void> {
  const worker = await workerOf(context);
  await worker.evaluate(() => {
    const { WindowClient } = globalThis as unknown as { WindowClient: { prototype: object } };
    Object.defineProperty(WindowClient.prototype, 'visibilityState', { value: 'hidden' });
  });
}

/** A user whose page is open behind another window, and shows a notification. */
async function notified() {
  const alice = await signIn('alice');
  const bob = newUser('bob');
  await turnOn(alice.page);
  const other = await elsewhere(alice.context);
  const conversationId = await say(bob, alice.userId, 'hi');
  const payload = { conversationId, seq: 1, messageId: 'M', title: bob, body: 'hi' };
  await deliver(other, payload);
  await alice.page.locator('.row', { hasText: bob }).waitFor();
  await cover(alice.context);
  await deliver(other, payload);
  await expect.poll(() => shownIn(alice.context)).toHaveLength(1);
  return { alice, bob, other };
}

describe('notifications', () => {
  it('are asked for by a click alone, and can be turned off again', async () => {
    const { page } = await signIn('alice');
    const asked = () => page.evaluate(() => localStorage.getItem('test.asked'));
    const settings = await settingsOf(page);
    await settings.getByRole('heading', { name: 'Notifications are off' }).waitFor();
    expect(await asked()).toBeNull();
    expect(await faultsOf(page)).toEqual([]);
    await settings.getByRole('button', { name: 'Turn on' }).click();
    await settings.getByRole('heading', { name: 'Notifications are on' }).waitFor();
    expect(await asked()).toBe('1');
    await page.reload();
    const again = await settingsOf(page);
    await again.getByRole('button', { name: 'Turn off' }).click();
    await again.getByRole('heading', { name: 'Notifications are off' }).waitFor();
    expect(await asked()).toBe('1');
  });

  it('come to a closed page, and open the conversation (IM-NOTIFY-2, IM-NOTIFY-3)', async () => {
    const alice = await signIn('alice');
    const bob = newUser('bob');
    await turnOn(alice.page);
    const other = await elsewhere(alice.context);
    await alice.page.close();
    const conversationId = await say(bob, alice.userId, 'the door is open');
    await expect.poll(() => alice.device.received.length).toBe(1);
    const [{ payload } = { payload: {} }] = alice.device.received;
    await deliver(other, payload);
    const notification = { title: bob, body: 'the door is open', tag: conversationId };
    await expect.poll(() => shownIn(alice.context)).toEqual([notification]);
    const opened = await click(alice.context);
    expect(opened).toEqual({ opened: `${stack.webUrl}#${encodeURIComponent(`@${bob}`)}` });
    expect(await shownIn(alice.context)).toEqual([]);
    await other.page.goto((opened as { opened: string }).opened);
    await fillIn(other.page, alice.userId);
    await other.page.getByRole('heading', { name: bob }).waitFor();
    await other.page.locator('.message', { hasText: 'the door is open' }).waitFor();
  });

  it('come again after the operator has logged the device out, once its user is back (IM-NOTIFY-1)', async () => {
    const alice = await signIn('alice');
    const { page, userId, device } = alice;
    await turnOn(page);
    expect((await asAdmin(stack, `POST /admin/users/${userId}/log-out`)).status).toBe(204);
    await page.getByText('You were signed out').waitFor();
    const isRegistered = page.waitForResponse(
      (response) => response.request().method() === 'PUT' && response.url().endsWith('/push'),
    );
    await page.reload();
    expect((await isRegistered).status()).toBe(204);
    await page.close();
    await say(newUser('bob'), userId, 'are you back?');
    await expect.poll(() => device.received.map(({ payload }) => payload.body)).toEqual(['are you back?']);
  });

  it('are refused by a private window, and the page says that it is not the connection', async () => {
    const { page } = await signIn('alice', { isPrivate: true });
    const settings = await settingsOf(page);
    await settings.getByRole('button', { name: 'Turn on' }).click();
    await settings.getByText('This browser refuses notifications. Is this a private window?').waitFor();
  });

  it('disappear when the message is read on another device', async () => {
    const { alice, bob } = await notified();
    const phone = createClient({ ...stack, getToken: () => tokenOf(alice.userId), deviceId: 'phone' });
    onTestFinished(() => phone.close());
    await phone.connect();
    phone.direct(bob).markRead(1);
    await expect.poll(() => shownIn(alice.context)).toEqual([]);
  });

  it('end with a sign-out: the browser keeps no subscription, no worker, and nothing shown', async () => {
    const { alice, other } = await notified();
    const { page } = alice;
    const isRemoved = page.waitForResponse(
      (response) => response.request().method() === 'DELETE' && response.url().endsWith('/push'),
    );
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Somebody else').waitFor();
    expect((await isRemoved).status()).toBe(204);
    expect(await page.evaluate(() => localStorage.getItem('test.subscription'))).toBeNull();
    await expect.poll(() => other.registrations.size).toBe(0);
    await fillIn(page, alice.userId);
    const settings = await settingsOf(page);
    await settings.getByRole('heading', { name: 'Notifications are off' }).waitFor();
  });

  it('are not shown while the page is in front, and a click on one focuses the page', async () => {
    const alice = await signIn('alice');
    const bob = newUser('bob');
    await turnOn(alice.page);
    const other = await elsewhere(alice.context);
    const conversationId = await say(bob, alice.userId, 'hi');
    const payload = { conversationId, seq: 1, messageId: 'M', title: bob, body: 'hi' };
    await deliver(other, payload);
    await alice.page.locator('.row', { hasText: bob }).waitFor();
    expect(alice.device.received).toEqual([]);
    await cover(alice.context);
    expect(await shownIn(alice.context)).toEqual([]);
    await deliver(other, payload);
    await expect.poll(() => shownIn(alice.context)).toHaveLength(1);
    expect(await click(alice.context)).toMatchObject({
      focused: expect.stringContaining(stack.webUrl ?? ''),
    });
    await alice.page.getByRole('heading', { name: bob }).waitFor();
  });
});
