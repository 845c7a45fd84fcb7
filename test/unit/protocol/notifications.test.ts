import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { pushRegistrationSchema } from '../../../protocol/notifications.ts';

const keys = { p256dh: `B${'a'.repeat(86)}`, auth: 'k'.repeat(22) };
const endpoint = 'https://fcm.googleapis.com/fcm/send/abc';
const browser = (subscription: object) => ({ provider: 'webpush', subscription });
const isTaken = (value: object) => pushRegistrationSchema().safeParse(value).success;

describe('a registration', () => {
  it.each([
    ['of a browser', browser({ endpoint, keys, expirationTime: null })],
    ['of an iOS app', { provider: 'apns', token: 'aF'.repeat(32) }],
    ['of an Android app', { provider: 'fcm', token: `${'f'.repeat(22)}:APA91b_x-Y` }],
  ])('%s is taken (IM-NOTIFY)', (_, registration) => {
    expect(isTaken(registration)).toBe(true);
  });

  it.each([
    ['a provider that we do not know', { provider: 'carrier', token: 'aF'.repeat(32) }],
    ['a short key', browser({ endpoint, keys: { ...keys, auth: 'k'.repeat(21) } })],
    ['a long key', browser({ endpoint, keys: { ...keys, p256dh: `${keys.p256dh}a` } })],
    ['a key in base64', browser({ endpoint, keys: { ...keys, auth: `${'k'.repeat(21)}+` } })],
    ['no keys', browser({ endpoint })],
    ['a long endpoint', browser({ endpoint: `${endpoint}${'x'.repeat(LIMITS.pushEndpointChars)}`, keys })],
    ['a short APNs token', { provider: 'apns', token: 'aF'.repeat(31) }],
    ['a long APNs token', { provider: 'apns', token: 'a'.repeat(LIMITS.apnsTokenChars + 1) }],
    ['an APNs token that is no number', { provider: 'apns', token: 'g'.repeat(64) }],
    ['an FCM token with a slash', { provider: 'fcm', token: `/${'f'.repeat(40)}` }],
    ['a long FCM token', { provider: 'fcm', token: 'f'.repeat(LIMITS.fcmTokenChars + 1) }],
  ])('with %s is refused', (_, registration) => {
    expect(isTaken(registration)).toBe(false);
  });
});
