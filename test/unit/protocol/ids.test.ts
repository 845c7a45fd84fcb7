import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  directConversationId,
  parseConversationId,
  peerOf,
  SENDER_ID,
  USER_ID,
} from '../../../protocol/ids.ts';

const userId = fc.stringMatching(/^[A-Za-z0-9_.@|+=-]{1,64}$/).filter((id) => USER_ID.test(id));

describe('a user id', () => {
  it("is never one that a URL's path loses, or the sender of messages from no user (section 1)", () => {
    for (const id of ['.', '..', 'system', '', 'a:b', 'a/b', 'é', 'a'.repeat(65)])
      expect(USER_ID.test(id)).toBe(false);
    for (const id of ['...', '.a', 'systems', 'System', 'auth0|1', 'a@b.c'])
      expect(USER_ID.test(id)).toBe(true);
    expect(['system', 'bob', '.', '..'].filter((id) => SENDER_ID.test(id))).toEqual(['system', 'bob']);
  });
});

describe('the conversation id module', () => {
  it('gives a direct conversation the same id for both users, and each user their peer', () => {
    fc.assert(
      fc.property(userId, userId, (a, b) => {
        fc.pre(a !== b);
        const id = directConversationId(a, b);
        expect(directConversationId(b, a)).toBe(id);
        const parsed = parseConversationId(id);
        expect(parsed && peerOf(parsed, a)).toBe(b);
        expect(parsed && peerOf(parsed, b)).toBe(a);
      }),
    );
  });

  it('orders users by code unit, not by locale', () => {
    expect(directConversationId('a', 'B')).toBe('dm:B:a');
  });

  it.each([
    '',
    'dm',
    'dm:a',
    'dm:a:',
    'dm:a:b:c',
    'dm:a:a',
    'dm:a b:c',
    'x:a:b',
    'g:123',
    'g:01ARZ3NDEKTSV4RRFFQ69G5FAI',
    'G:01ARZ3NDEKTSV4RRFFQ69G5FAV',
    `dm:a:${'b'.repeat(65)}`,
    'dm:.:a',
    'dm:..:a',
  ])('refuses the malformed id %j', (id) => {
    expect(parseConversationId(id)).toBeUndefined();
  });

  it.each(['g:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'dm:a:b', 'dm:b:a'])(
    'accepts %s',
    (id) => {
      expect(parseConversationId(id)?.id).toBe(id);
    },
  );

  it.each([
    ['in wrong order', 'dm:b:a', 'a'],
    ['of two others', 'dm:a:b', 'c'],
  ])('finds no peer in a direct id %s', (_, id, user) => {
    const parsed = parseConversationId(id);
    expect(parsed && peerOf(parsed, user)).toBeUndefined();
  });
});
