import { beforeEach, describe, expect, it } from 'vitest';
import type { SystemContent } from '../../protocol/content.ts';
import type { Message } from '../../protocol/frames.ts';
import { ConversationList } from '../src/conversations/conversation-list.ts';
import { listed, message, SERVER_TIME } from './support/builders.ts';

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
  list = new ConversationList(
    { userId: 'alice' },
    { of: () => [] },
    groups,
    () => {},
    () => {},
  );
});

const load = (unread: number, more: { readonly unreadIsAtLeast?: true; readonly mentioned?: number } = {}) =>
  list.load(
    {
      conversations: [
        {
          conversationId: DM,
          kind: 'direct',
          peer: 'bob',
          head: 200,
          lastMessage,
          readSeq: 2,
          unread,
          ...more,
        },
      ],
      removed: [],
    },
    0,
  );
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

describe('the unread messages that mention the user (IM-REPLY)', () => {
  const mentioned = () => list.summaries?.[0]?.mentioned;
  const add = (seq: number, parts: Partial<Message>) => list.add({ ...lastMessage, seq, ...parts });

  it('are counted by the server, then here, until they are read', () => {
    load(3, { mentioned: 2 });
    expect(mentioned()).toBe(2);
    add(201, { mentions: ['carol', 'alice'] });
    add(202, { mentions: 'all' });
    add(203, { mentions: ['alicea', 'all'] });
    add(204, { from: 'alice', mentions: 'all' });
    expect(mentioned()).toBe(4);
    list.read(DM, 201);
    expect(mentioned()).toBe(1);
    list.read(DM, 202);
    expect(mentioned()).toBe(0);
    load(0);
    expect(mentioned()).toBe(0);
  });

  it('are no more than the unread ones', () => {
    load(100, { mentioned: 50 });
    list.read(DM, 190);
    expect(mentioned()).toBe(10);
  });

  it('change with an edit, and disappear with a recall', () => {
    load(0);
    add(201, {});
    add(202, { mentions: 'all' });
    list.changed({ ...lastMessage, seq: 201, mentions: ['alice'] });
    expect(mentioned()).toBe(2);
    list.changed({ ...lastMessage, seq: 202, content: { type: 'recalled', by: 'bob', at: 1 } });
    list.changed({ ...lastMessage, seq: 150, mentions: 'all' });
    expect(mentioned()).toBe(1);
  });
});

describe('conversations that the user is no longer in (IM-CHANGE-3)', () => {
  const [ROWERS, SCULLERS, CHAT] = ['g:1', 'g:2', 'cs:1'];
  const at = (conversationId: string, seq: number, sentAt = SERVER_TIME) =>
    message(seq, { conversationId, sentAt });
  const event = (id: string, seq: number, name: SystemContent['event'], users = ['alice']) => ({
    ...at(id, seq),
    content: { type: 'system', event: name, users, by: 'bob' } as const,
  });
  const of = (id: string, head: number) => listed([at(id, head)], id);
  const read = (conversations: ReturnType<typeof of>[], removed: string[] = []) =>
    list.load({ conversations, removed }, SERVER_TIME);
  const readAll = (...conversations: ReturnType<typeof of>[]) => list.load({ conversations }, SERVER_TIME);
  const ids = () => list.summaries?.map(({ conversationId }) => conversationId).sort();

  beforeEach(() => {
    readAll(of(ROWERS, 5), of(SCULLERS, 5), of(CHAT, 5));
  });

  it('disappear when the server names them as removed, unless it lists them again', () => {
    read([of(SCULLERS, 7)], [ROWERS, SCULLERS, 'g:unknown']);
    expect(ids()).toEqual([CHAT, SCULLERS]);
  });

  it('disappear when the complete list lacks them, but not when a list of changes does', () => {
    read([]);
    expect(ids()).toEqual([CHAT, ROWERS, SCULLERS]);
    readAll(of(ROWERS, 5));
    expect(ids()).toEqual([ROWERS]);
  });

  it.each(['left', 'removed'] as const)('disappear with the message: %s', (name) => {
    list.add(event(SCULLERS, 6, name, ['carol']));
    list.add(event(ROWERS, 6, name));
    expect(ids()).toEqual([CHAT, SCULLERS]);
  });

  it('stay hidden when an earlier message arrives late', () => {
    list.add(event(ROWERS, 6, 'removed'));
    list.drop(CHAT);
    for (const id of [ROWERS, CHAT]) list.add(at(id, 5));
    readAll(of(SCULLERS, 5));
    for (const id of [ROWERS, CHAT]) list.add(at(id, 5));
    expect(ids()).toEqual([SCULLERS]);
    for (const id of [ROWERS, CHAT]) list.add(at(id, 7));
    expect(list.summaries?.map(({ unread }) => unread)).toEqual([1, 1, 1]);
  });

  it('are back without the settings and the name that they had (IM-SETTINGS-1)', () => {
    read([{ ...of(ROWERS, 5), kind: 'group', name: 'Rowers', settings: { muted: true } }]);
    list.add(event(ROWERS, 6, 'removed'));
    list.add(event(ROWERS, 9, 'joined'));
    const back = list.summaries?.find(({ conversationId }) => conversationId === ROWERS);
    expect([back?.settings, back?.name]).toEqual([{}, undefined]);
  });

  it('are back without the unread messages from before, though the loss was missed', () => {
    list.add({ ...at(ROWERS, 6), mentions: 'all' });
    list.add(event(ROWERS, 9, 'joined'));
    list.add(at(ROWERS, 10));
    const back = list.summaries?.find(({ conversationId }) => conversationId === ROWERS);
    expect([back?.unread, back?.mentioned]).toEqual([2, 0]);
  });

  it('do not come back with older messages from the inbox, which count if the user is in them after all', () => {
    list.add(at('g:3', 1, SERVER_TIME - 15_001));
    expect(ids()).not.toContain('g:3');
    list.add(at('g:3', 2, SERVER_TIME - 15_000));
    expect(list.summaries?.find(({ conversationId }) => conversationId === 'g:3')?.unread).toBe(2);
  });

  it('are back with the message of rejoining, with the unread messages since, whatever else arrives late', () => {
    list.add(event(ROWERS, 6, 'removed'));
    list.add(event(ROWERS, 9, 'joined'));
    list.add(event(ROWERS, 6, 'removed'));
    list.add(at(ROWERS, 4));
    expect(list.summaries?.find(({ conversationId }) => conversationId === ROWERS)?.unread).toBe(1);
  });
});
