import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { logOutSchema, serviceEventSchema } from '../../../protocol/service.ts';

const message = {
  type: 'message.send',
  from: 'system',
  clientMsgId: 'c1',
  content: { type: 'text', text: 'hi' },
};

describe('a service event', () => {
  it.each([
    { ...message, to: 'bob' },
    { ...message, conversationId: 'dm:bob:system' },
    { type: 'user.banned', userId: 'bob' },
    { type: 'user.banned', userId: 'bob', until: 0, reason: 'x'.repeat(500) },
    { type: 'user.unbanned', userId: 'bob' },
  ])('is accepted: %j', (event) => {
    expect(z.parse(serviceEventSchema(), event)).toEqual(event);
  });

  it.each([
    {},
    { type: 'user.deleted', userId: 'bob' },
    { type: 'user.loggedOut', userId: 'bob' },
    { type: 'user.banned', userId: 'system' },
    { type: 'user.banned', userId: 'bob', until: '2026-11-28' },
    { type: 'user.banned', userId: 'bob', reason: 'x'.repeat(501) },
    { type: 'user.unbanned' },
    { ...message, to: '..' },
    { ...message, to: 'bob', from: undefined },
    message,
    { ...message, to: 'bob', conversationId: 'dm:bob:system' },
  ])('is refused: %j', (event) => {
    expect(z.safeParse(serviceEventSchema(), event).success).toBe(false);
  });
});

describe('a log-out', () => {
  it.each([{ userId: 'bob' }, { userId: 'bob', deviceId: 'phone' }])('is accepted: %j', (event) => {
    expect(z.parse(logOutSchema(), event)).toEqual(event);
  });

  it.each([{}, { userId: 'a:b' }, { userId: 'system' }, { userId: 'bob', deviceId: '' }, [], null])(
    'is refused: %j',
    (event) => {
      expect(z.safeParse(logOutSchema(), event).success).toBe(false);
    },
  );
});
