import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import webPush from 'web-push';
import { createWebPush } from '../../../lambdas/adapters/web-push.ts';
import type { PushTarget } from '../../../lambdas/domain/model/push-registration.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { type PushService, startPushService } from '../../fixtures/push/push-service.ts';

const keys = webPush.generateVAPIDKeys();
const payload = { conversationId: 'dm:a:b', seq: 1, messageId: 'm1', title: 'Zoé 👋', body: 'hi' };
const message = { payload, topic: 't'.repeat(32), ttlSeconds: 300 };
const subject = 'mailto:ops@example.com';

let service: PushService;
beforeAll(async () => {
  service = await startPushService();
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

const make = (more: Partial<Parameters<typeof createWebPush>[0]> = {}) =>
  createWebPush({
    subject,
    publicKey: keys.publicKey,
    privateKey: async () => keys.privateKey,
    hosts: ['127.0.0.1'],
    ...more,
  });
const targetOf = ({ subscription }: ReturnType<PushService['subscribe']>): PushTarget => ({
  provider: 'webpush',
  ...subscription,
});
const noEndpoint = async () => {};
const send = (target: PushTarget, sender = make()) => sender.send(target, message, noEndpoint);

describe('Web Push', () => {
  it('is encrypted for the browser and signed for its service, with topic and time to live (IM-NOTIFY-3)', async () => {
    const browser = service.subscribe();
    expect(await send(targetOf(browser))).toBe('took');
    expect(browser.received).toEqual([
      {
        payload,
        topic: message.topic,
        ttl: '300',
        urgency: 'high',
        vapid: { aud: service.origin, sub: subject, exp: expect.any(Number) },
        publicKey: keys.publicKey,
      },
    ]);
  });

  it.each([
    [404, 'gone'],
    [410, 'gone'],
    [400, 'refused'],
    [413, 'refused'],
    [307, 'refused'],
    [429, { afterSeconds: 0 }],
    [503, { afterSeconds: 0 }],
  ])('answered with %s is %s (IM-NOTIFY-3)', async (status, result) => {
    const browser = service.subscribe();
    service.answer(browser, { status, headers: { location: `${service.origin}/elsewhere` } });
    const before = service.arrivals;
    expect(await send(targetOf(browser))).toEqual(result);
    expect(service.arrivals).toBe(before + 1);
  });

  it('waits as long as its service asks for, in seconds or until a date', async () => {
    const browser = service.subscribe();
    service.answer(browser, { status: 429, headers: { 'retry-after': '42' } });
    expect(await send(targetOf(browser))).toEqual({ afterSeconds: 42 });
    const date = new Date(Date.now() + 60_000).toUTCString();
    service.answer(browser, { status: 503, headers: { 'retry-after': date } });
    const result = (await send(targetOf(browser))) as { afterSeconds: number };
    expect(result.afterSeconds).toBeGreaterThan(50);
    service.answer(browser, { status: 503, headers: { 'retry-after': 'soon' } });
    expect(await send(targetOf(browser))).toEqual({ afterSeconds: 0 });
  });

  it('asks a service that does not answer only once for all, so that others do not wait (IM-NOTIFY-4)', async () => {
    const fetcher = vi.fn(() => Promise.reject(new DOMException('slow', 'TimeoutError')));
    const sender = make({ fetcher });
    expect(await send(targetOf(service.subscribe()), sender)).toEqual({ afterSeconds: 0 });
    expect(await send(targetOf(service.subscribe()), sender)).toEqual({ afterSeconds: 0 });
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  it('refuses a key that is no point on the curve, without a pause for others at its service (IM-NOTIFY-4)', async () => {
    const broken = targetOf(service.subscribe()) as Extract<PushTarget, { provider: 'webpush' }>;
    const sender = make();
    const before = service.arrivals;
    const keys = { ...broken.keys, p256dh: Buffer.alloc(65, 7).toString('base64url') };
    expect(await send({ ...broken, keys }, sender)).toBe('refused');
    expect(service.arrivals).toBe(before);
    expect(await send(targetOf(service.subscribe()), sender)).toBe('took');
  });

  it('comes later if the private key cannot be read', async () => {
    const sender = make({ privateKey: () => Promise.reject(new Error('ThrottlingException')) });
    expect(await send(targetOf(service.subscribe()), sender)).toEqual({ afterSeconds: 0 });
  });

  it('posts to no host that the deployment does not know, whatever is stored (IM-NOTIFY-1)', async () => {
    const before = service.arrivals;
    expect(await send(targetOf(service.subscribe()), make({ hosts: [] }))).toBe('refused');
    expect(service.arrivals).toBe(before);
  });

  it('logs no endpoint and no text', async () => {
    const lines: string[] = [];
    vi.spyOn(logger, 'warn').mockImplementation((...line) => void lines.push(JSON.stringify(line)));
    const browser = service.subscribe();
    service.answer(browser, 503);
    await send(targetOf(browser));
    await send(targetOf(browser), make({ fetcher: () => Promise.reject(new Error('ECONNREFUSED')) }));
    expect(lines.join('\n')).toContain('push service');
    expect(lines.join('\n')).not.toMatch(/\/push\/|Zoé|mailto/);
  });
});
