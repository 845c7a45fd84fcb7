import { describe, expect, it } from 'vitest';
import { type PushServiceWorker, type PushState, RefusedError } from '../src/index.ts';
import { keyOf, stubBrowser } from './support/browser.ts';
import { type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const PUSH = { webpush: { publicKey: keyOf(4) }, apns: false, fcm: false };

/** Alice's client in a browser, at a deployment with Web Push. */
async function inBrowser(options: Parameters<typeof harness>[0] = {}) {
  const browser = stubBrowser();
  const chat = await harness(options);
  chat.server.push = PUSH;
  const states: PushState[] = [];
  chat.im.on('push', (state) => states.push(state));
  return { ...chat, browser, states };
}

/** A client that a reload makes, or another user's in the same browser. */
async function next(
  browser: Awaited<ReturnType<typeof inBrowser>>['browser'],
  { userId = 'alice', deviceId = 'device', push = PUSH as object } = {},
) {
  const chat = await harness({ deviceId });
  chat.server.userId = userId;
  chat.server.push = push;
  return { ...chat, browser };
}

const changesOf = ({ server }: Pick<Harness, 'server'>) =>
  server.calls.filter(([method]) => method !== 'GET').map(([method, path]) => `${method} ${path}`);

describe('im.push.enable', () => {
  it('asks the user, subscribes with the key of the deployment, and registers the device (IM-NOTIFY-1)', async () => {
    const { browser, im, server, states } = await inBrowser();
    expect(im.push.state).toBe('disabled');
    expect(await im.push.enable()).toBe('enabled');
    expect(browser.asked).toBe(1);
    const keys = { p256dh: 'p256dh-1', auth: 'auth-1' };
    const subscription = { endpoint: 'https://push.example/1', keys };
    expect(server.calls).toContainEqual([
      'PUT',
      '/devices/device/push',
      { provider: 'webpush', subscription },
    ]);
    expect([im.push.state, states]).toEqual(['enabled', ['enabled']]);
  });

  it('asks within the click, before it waits for anything', async () => {
    const { browser, im } = await inBrowser();
    const enabled = im.push.enable();
    expect(browser.asked).toBe(1);
    await enabled;
  });

  it.each([
    ['denied', 'denied'],
    ['default', 'disabled'],
  ] as const)('registers nothing if the answer is %s', async (answer, state) => {
    const { browser, im, ...chat } = await inBrowser();
    browser.answer = answer;
    expect(await im.push.enable()).toBe(state);
    expect(changesOf(chat)).toEqual([]);
    expect(await browser.endpoint()).toBeUndefined();
  });

  it('says that the deployment has no notifications, and subscribes to nothing', async () => {
    const { browser, im, server } = await inBrowser();
    server.push = { apns: true, fcm: true };
    expect(await im.push.enable()).toBe('unavailable');
    server.push = null;
    expect(await im.push.enable()).toBe('unavailable');
    expect(await browser.endpoint()).toBeUndefined();
  });

  it('says that a browser without Web Push has none, and Node has none', async () => {
    const { im } = await harness();
    expect([im.push.state, await im.push.enable(), await im.push.load()]).toEqual(
      Array(3).fill('unsupported'),
    );
  });

  it('waits for a worker that is being installed', async () => {
    const { browser, im, ...chat } = await inBrowser();
    const installing = Object.assign(new EventTarget(), { state: 'installing' });
    const serviceWorker = { ...browser.worker, active: null, installing } as unknown as PushServiceWorker;
    const enabled = im.push.enable({ serviceWorker: Promise.resolve(serviceWorker) });
    await settle();
    expect(changesOf(chat)).toEqual([]);
    await expect.poll(() => chat.server.requests).toContain('/push');
    await settle();
    installing.state = 'activated';
    const told = setInterval(() => installing.dispatchEvent(new Event('statechange')), 1);
    expect(await enabled).toBe('enabled');
    clearInterval(told);
  });

  it('fails with a `network` error if the browser can’t subscribe, and works later', async () => {
    const { browser, im } = await inBrowser();
    browser.failOnce(new DOMException('push service not available', 'AbortError'));
    await expect(im.push.enable()).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(im.push.state).toBe('disabled');
    expect(await im.push.enable()).toBe('enabled');
  });

  it('stays disabled if the server refuses the registration', async () => {
    const { im, server } = await inBrowser();
    const body = { code: 'invalid_request', message: 'endpoint', retryable: false };
    server.httpAnswers.set('/devices/', { status: 400, body });
    await expect(im.push.enable()).rejects.toThrow(RefusedError);
    expect(im.push.state).toBe('disabled');
  });
});

describe('im.push.load', () => {
  it('asks nobody, and registers again, since the server may have logged the device out meanwhile (IM-NOTIFY-1)', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    const reloaded = await next(browser);
    expect(await reloaded.im.push.load()).toBe('enabled');
    expect([browser.asked, changesOf(reloaded)]).toEqual([1, ['PUT /devices/device/push']]);
  });

  it('does not say `enabled` if the server can’t register the device', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    const reloaded = await next(browser);
    reloaded.server.httpAnswers.set('/devices/', { status: 503, body: { message: 'Service Unavailable' } });
    await expect(reloaded.im.push.load()).rejects.toMatchObject({ code: 'network' });
    expect(reloaded.im.push.state).toBe('disabled');
  });

  it('is disabled for a user who has not turned notifications on', async () => {
    const { browser, im, ...chat } = await inBrowser();
    browser.permission = 'granted';
    expect(await im.push.load()).toBe('disabled');
    expect(changesOf(chat)).toEqual([]);
  });

  it('registers a subscription that the browser has replaced', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    browser.replace();
    const reloaded = await next(browser);
    expect(await reloaded.im.push.load()).toBe('enabled');
    expect(reloaded.server.calls.at(-1)?.[2]).toMatchObject({
      subscription: { endpoint: 'https://push.example/2' },
    });
  });

  it('subscribes again if the deployment has another key', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    const reloaded = await next(browser, { push: { ...PUSH, webpush: { publicKey: keyOf(5) } } });
    expect(await reloaded.im.push.load()).toBe('enabled');
    expect(await browser.endpoint()).toBe('https://push.example/2');
    expect(changesOf(reloaded)).toEqual(['PUT /devices/device/push']);
  });

  it('moves the registration to the device of this tab', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    const tab = await next(browser, { deviceId: 'tab-2' });
    await tab.im.push.load();
    expect(changesOf(tab)).toEqual(['PUT /devices/tab-2/push']);
    await tab.im.push.disable();
    expect(changesOf(tab).at(-1)).toBe('DELETE /devices/tab-2/push');
  });

  it('is disabled once the user has taken the permission back', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    browser.permission = 'default';
    expect(await im.push.load()).toBe('disabled');
    browser.permission = 'denied';
    expect(im.push.state).toBe('denied');
  });
});

describe('im.push.disable', () => {
  it('ends the subscription and the registration', async () => {
    const { browser, im, states, ...chat } = await inBrowser();
    await im.push.enable();
    await im.push.disable();
    expect(await browser.endpoint()).toBeUndefined();
    expect(changesOf(chat).at(-1)).toBe('DELETE /devices/device/push');
    expect([im.push.state, states]).toEqual(['disabled', ['enabled', 'disabled']]);
    expect(await im.push.load()).toBe('disabled');
  });

  it('ends the registration of the tab that made it', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    const tab = await next(browser, { deviceId: 'tab-2' });
    await tab.im.push.disable();
    expect(changesOf(tab)).toEqual(['DELETE /devices/device/push']);
  });

  it('ends the subscription even if the server can’t be reached', async () => {
    const { browser, im, server } = await inBrowser();
    await im.push.enable();
    server.httpAnswers.set('/devices/', { status: 503, body: { message: 'Service Unavailable' } });
    await expect(im.push.disable()).rejects.toMatchObject({ code: 'network' });
    expect([im.push.state, await browser.endpoint()]).toEqual(['disabled', undefined]);
  });

  it('leaves another user’s notifications alone, whose registration an own one replaces', async () => {
    const { browser, im } = await inBrowser();
    await im.push.enable();
    const bob = await next(browser, { userId: 'bob', deviceId: 'bobs' });
    expect(await bob.im.push.load()).toBe('disabled');
    await bob.im.push.disable();
    expect([await browser.endpoint(), changesOf(bob)]).toEqual(['https://push.example/1', []]);
    expect(await bob.im.push.enable()).toBe('enabled');
    expect(await im.push.load()).toBe('disabled');
  });

  it('waits for an `enable` that is under way', async () => {
    const { browser, im, ...chat } = await inBrowser();
    await Promise.all([im.push.enable(), im.push.disable()]);
    expect([im.push.state, await browser.endpoint()]).toEqual(['disabled', undefined]);
    expect(changesOf(chat)).toEqual(['PUT /devices/device/push', 'DELETE /devices/device/push']);
  });
});

describe('im.push.register', () => {
  it('registers a device token, which `disable` removes, where there is no Web Push', async () => {
    const { im, server } = await harness();
    server.push = { apns: true, fcm: true };
    const token = 'ab'.repeat(32);
    await im.push.register({ provider: 'apns', token });
    expect(im.push.state).toBe('enabled');
    await im.push.disable();
    expect(im.push.state).toBe('unsupported');
    expect(server.calls.filter(([method]) => method !== 'GET')).toEqual([
      ['PUT', '/devices/device/push', { provider: 'apns', token }],
      ['DELETE', '/devices/device/push', undefined],
    ]);
  });
});
