import { beforeEach, describe, expect, it } from 'vitest';
import { ConversationList } from '../src/conversations/conversation-list.ts';

const DM = 'dm:alice:bob';
const lastMessage = {
  conversationId: DM,
  seq: 200,
  messageId: 'm',
  clientMsgId: 'c',
  from: 'bob',
  content: { type: 'text', text: 'hi' },
  sentAt: 1,
  rev: 0,
} as const;

let list: ConversationList;
beforeEach(() => {
  const groups = { get: () => Promise.reject(new Error('not a group')) };
  list = new ConversationList({ userId: 'alice' }, { of: () => [] }, groups, () => {});
});

const load = (unread: number, more: { readonly unreadIsAtLeast?: true } = {}) =>
  list.load([
    { conversationId: DM, kind: 'direct', peer: 'bob', head: 200, lastMessage, readSeq: 2, unread, ...more },
  ]);
const shown = () => {
  const { unread, unreadIsAtLeast } = list.summaries?.[0] ?? {};
  return [unread, unreadIsAtLeast];
};

describe('the unread messages of a conversation', () => {
  it('may be more than their number, if the server stopped counting, until all are read (IM-INV-6)', () => {
    load(3, { unreadIsAtLeast: true });
    expect(shown()).toEqual([3, true]);
    list.add({ ...lastMessage, seq: 201 });
    expect(shown()).toEqual([4, true]);
    list.read(DM, 5);
    expect(shown()).toEqual([4, true]);
    list.read(DM, 200);
    expect(shown()).toEqual([1, false]);
    load(3);
    expect(shown()).toEqual([1, false]);
  });

  it('are at least a hundred when a hundred are counted', () => {
    load(100);
    expect(shown()).toEqual([100, true]);
    load(99);
    expect(shown()).toEqual([99, false]);
  });
});
