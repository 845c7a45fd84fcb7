import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { sendMessageSchema } from '../../../protocol/frames.ts';

const frame = (overrides: object = {}) => ({
  action: 'sendMessage',
  id: '1',
  clientMsgId: 'c1',
  to: 'bob',
  content: { type: 'text', text: 'hi' },
  ...overrides,
});

describe('sendMessageSchema', () => {
  it('drops unknown fields of frame and content, and fields only the server may set (IM-FRAME-1, IM-SEND-6, IM-SEND-8, IM-REFUSE-3)', () => {
    const content = { type: 'text', text: 'hi', style: 'bold' };
    const parsed = z.parse(sendMessageSchema(), frame({ from: 'mallory', seq: 9, sentAt: 1, content }));
    expect(parsed).toEqual({ id: '1', clientMsgId: 'c1', to: 'bob', content: { type: 'text', text: 'hi' } });
  });

  it.each([
    ['no id', { id: undefined }, 'id'],
    ['a clientMsgId with a space', { clientMsgId: 'a b' }, 'clientMsgId'],
    ['a user id with a colon', { to: 'a:b' }, 'to'],
    ['both to and conversationId', { conversationId: 'dm:alice:bob' }, 'to'],
    ['neither to nor conversationId', { to: undefined }, 'to'],
    ['a malformed conversationId', { to: undefined, conversationId: 'nope' }, 'conversationId'],
    ['white space as text', { content: { type: 'text', text: ' \n\u3000' } }, 'content.text'],
    ['a lone surrogate in the text', { content: { type: 'text', text: 'a\ud800' } }, 'content.text'],
    ['another content type', { content: { type: 'image' } }, 'content.type'],
    ['custom content without data', { content: { type: 'custom' } }, 'content.data'],
    ['content that is not an object', { content: 'hi' }, 'content'],
  ])('refuses %s and names the field (IM-FRAME-3, IM-SEND-8)', (_, overrides, path) => {
    const result = z.safeParse(sendMessageSchema(), frame(overrides));
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  it.each([
    ['null data', { type: 'custom', data: null }],
    ['false data', { type: 'custom', data: false, fallback: 'a vote' }],
    ['emoji and NUL', { type: 'text', text: '👩‍👩‍👧\u0000' }],
  ])('accepts %s (IM-SEND-8)', (_, content) => {
    expect(z.parse(sendMessageSchema(), frame({ content })).content).toEqual(content);
  });
});
