import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPlatformPush } from '../../../lambdas/adapters/platform-push.ts';
import type { PushMessage } from '../../../lambdas/domain/model/notification.ts';
import type { PushTarget } from '../../../lambdas/domain/model/push-registration.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { startPlatform } from '../../fixtures/push/platform.ts';

const APNS = 'arn:aws:sns:us-east-1:111122223333:app/APNS/chat';
const FCM = 'arn:aws:sns:us-east-1:111122223333:app/GCM/chat';
const payload = { conversationId: 'dm:a:b', seq: 7, messageId: 'm1', title: 'Zoé', body: 'hi' };
const message: PushMessage = { payload, topic: 't'.repeat(32), ttlSeconds: 300 };

let platform: Awaited<ReturnType<typeof startPlatform>>;
let kept: string[];
beforeEach(async () => {
  platform = await startPlatform(APNS, FCM);
  kept = [];
  for (const [name, value] of Object.entries({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SNS: platform.url,
  }))
    vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await platform.stop();
});

const keep = async (arn: string) => void kept.push(arn);
const make = (options = { apnsPlatformArn: APNS, fcmPlatformArn: FCM }) => createPlatformPush(options);
const send = (target: PushTarget, of = message) => make().send(target, of, keep);
const iPhone = (endpointArn?: string): PushTarget => ({
  provider: 'apns',
  token: 'a'.repeat(64),
  ...(endpointArn && { endpointArn }),
});
const android = (): PushTarget => ({ provider: 'fcm', token: 'f'.repeat(40) });
const lastCalls = () => platform.calls.splice(0);

describe('a notification through SNS', () => {
  it('makes an endpoint for the device once, and is one call from then on (IM-NOTIFY-3)', async () => {
    expect(await send(iPhone())).toBe('took');
    expect(lastCalls()).toEqual(['CreatePlatformEndpoint', 'SetEndpointAttributes', 'Publish']);
    expect(await send(iPhone(kept[0]))).toBe('took');
    expect(lastCalls()).toEqual(['Publish']);
    expect(platform.endpoints.size).toBe(1);
  });

  it('is an alert for Apple, which collapses by conversation and ends after five minutes (IM-NOTIFY-3)', async () => {
    await send(iPhone());
    expect(platform.published).toEqual([
      {
        TargetArn: kept[0],
        message: {
          APNS: {
            aps: {
              alert: { title: 'Zoé', body: 'hi' },
              sound: 'default',
              'thread-id': 'dm:a:b',
              'mutable-content': 1,
            },
            ...payload,
          },
        },
        attributes: {
          'AWS.SNS.MOBILE.APNS.TTL': '300',
          'AWS.SNS.MOBILE.APNS.COLLAPSE_ID': message.topic,
          'AWS.SNS.MOBILE.APNS.PUSH_TYPE': 'alert',
          'AWS.SNS.MOBILE.APNS.PRIORITY': '10',
        },
      },
    ]);
  });

  it('is the same for Google, with data in text (IM-NOTIFY-3)', async () => {
    await send(android());
    expect(platform.published).toMatchObject([
      {
        message: {
          GCM: {
            fcmV1Message: {
              message: {
                notification: { title: 'Zoé', body: 'hi' },
                data: { conversationId: 'dm:a:b', seq: '7', messageId: 'm1' },
                android: {
                  collapse_key: message.topic,
                  ttl: '300s',
                  priority: 'high',
                  notification: { tag: 'dm:a:b' },
                },
              },
            },
          },
        },
        attributes: { 'AWS.SNS.MOBILE.FCM.TTL': '300' },
      },
    ]);
  });

  it('says no more than that there is one if the deployment says nothing (IM-NOTIFY-3)', async () => {
    const { title: _, body: __, ...silent } = payload;
    for (const target of [iPhone(), android()]) await send(target, { ...message, payload: silent });
    const said = JSON.stringify(platform.published);
    expect(said).not.toContain('Zoé');
    expect(said.match(/New message/g)).toHaveLength(2);
  });

  it('uses an endpoint that somebody has made with other attributes', async () => {
    await send(iPhone());
    platform.describe(kept[0] ?? '');
    expect(await send(iPhone())).toBe('took');
    expect(kept[1]).toBe(kept[0]);
  });

  it('ends the registration of a device whose endpoint is disabled, and deletes that (IM-NOTIFY-3)', async () => {
    await send(iPhone());
    platform.disable(kept[0] ?? '');
    expect(await send(iPhone(kept[0]))).toBe('gone');
    expect(platform.endpoints.size).toBe(0);
  });

  it('reaches a device that has registered again although its endpoint was disabled (IM-NOTIFY-1)', async () => {
    await send(iPhone());
    platform.disable(kept[0] ?? '');
    expect(await send(iPhone())).toBe('took');
  });

  it('ends the registration if the endpoint was deleted, and waits if the platform is not there (IM-NOTIFY-3)', async () => {
    await send(iPhone());
    platform.deletePlatform(APNS);
    expect(await send(iPhone(kept[0]))).toBe('gone');
    expect(await send(iPhone())).toEqual({ afterSeconds: 0 });
  });

  it('comes later if SNS is busy, and never if it refuses the request', async () => {
    platform.failNext('Throttling', 400);
    expect(await send(android())).toEqual({ afterSeconds: 0 });
    platform.failNext('InvalidParameter', 400);
    expect(await send(android())).toBe('refused');
  });

  it('is one attempt at an SNS that does not answer, and none for other devices, which do not wait (IM-NOTIFY-4)', async () => {
    await send(iPhone());
    lastCalls();
    platform.hangAt('Publish');
    const sender = createPlatformPush({ apnsPlatformArn: APNS, fcmPlatformArn: FCM, timeoutMs: 100 });
    expect(await sender.send(iPhone(kept[0]), message, keep)).toEqual({ afterSeconds: 0 });
    expect(lastCalls()).toEqual(['Publish']);
    expect(await sender.send(android(), message, keep)).toEqual({ afterSeconds: 0 });
    expect(lastCalls()).toEqual([]);
  });

  it('is refused for a platform that the deployment does not have', async () => {
    const none = createPlatformPush({ apnsPlatformArn: APNS });
    expect(await none.send(android(), message, keep)).toBe('refused');
    expect(lastCalls()).toEqual([]);
  });

  it('names the sandbox if that is the platform', async () => {
    const sandbox = APNS.replace('APNS', 'APNS_SANDBOX');
    await platform.stop();
    platform = await startPlatform(sandbox);
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', platform.url);
    await createPlatformPush({ apnsPlatformArn: sandbox }).send(iPhone(), message, keep);
    expect(Object.keys(platform.published[0]?.message ?? {})).toEqual(['APNS_SANDBOX']);
    expect(platform.published[0]?.attributes).toHaveProperty(['AWS.SNS.MOBILE.APNS_SANDBOX.TTL'], '300');
  });

  it('logs neither token, endpoint, nor text', async () => {
    const lines: string[] = [];
    vi.spyOn(logger, 'warn').mockImplementation((...line) => void lines.push(JSON.stringify(line)));
    platform.failNext('InvalidParameter', 400);
    await send(android());
    expect(lines.join()).toContain('push platform refused');
    expect(lines.join()).not.toMatch(/ffff|arn:|Zoé/);
  });
});
