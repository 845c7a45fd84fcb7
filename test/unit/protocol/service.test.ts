import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { serviceEventSchema } from '../../../protocol/service.ts';

const message = {
  type: 'message.send',
  from: 'system',
  clientMsgId: 'c1',
  content: { type: 'text', text: 'hi' },
};

describe('a service event', () => {
  it.each([
    { type: 'user.loggedOut', userId: 'bob' },
    { type: 'user.loggedOut', userId: 'bob', deviceId: 'phone' },
    { ...message, to: 'bob' },
    { ...message, conversationId: 'dm:bob:system' },
  ])('is accepted: %j', (event) => {
    expect(z.parse(serviceEventSchema(), event)).toEqual(event);
  });

  it.each([
    {},
    { type: 'user.deleted', userId: 'bob' },
    { type: 'user.loggedOut' },
    { type: 'user.loggedOut', userId: 'a:b' },
    { type: 'user.loggedOut', userId: 'system' },
    { ...message, to: '..' },
    { ...message, to: 'bob', from: undefined },
    message,
    { ...message, to: 'bob', conversationId: 'dm:bob:system' },
  ])('is refused: %j', (event) => {
    expect(z.safeParse(serviceEventSchema(), event).success).toBe(false);
  });
});
