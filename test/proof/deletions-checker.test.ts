import { describe, expect, it } from 'vitest';
import { message, sent, violations } from './checker/pair-history.ts';
import type { HistoryEvent, SeenMessage } from './history.ts';

const GROUP = 'g:1';
const of = (one: SeenMessage): SeenMessage => ({ ...one, conversationId: GROUP });
const FIRST = of(message(1, 'ann'));
const LATE = of(message(2, 'ann'));
const REMOVED = of(
  message(3, 'system', {
    content: { type: 'system', event: 'removed', users: ['ann', 'cid'], by: 'system' },
  }),
);
const asked: HistoryEvent = { type: 'delete', conversationId: GROUP, begun: 4, outcome: 'done' };
const at = (step: string): HistoryEvent => ({ type: 'deleting', conversationId: GROUP, step });
const deleted = (...left: string[]): HistoryEvent => ({ type: 'deleted', conversationId: GROUP, left });
const connected = (user: string): HistoryEvent[] => [
  { type: 'connected', user, device: 'phone', connection: `${user}-1`, mode: 'managed' },
  { type: 'drained', connection: `${user}-1` },
];
const push = (user: string, one: SeenMessage): HistoryEvent => ({
  ...{ type: 'saw', user, device: 'phone', connection: `${user}-1`, channel: 'push' },
  messages: [one],
});
const page = (user: string, begun: number): HistoryEvent => ({
  ...{ type: 'saw', user, channel: 'history', messages: [FIRST] },
  page: { conversationId: GROUP, hasMore: false, begun },
});
const refused = (id: number, code: string): HistoryEvent[] => [
  ...sent(LATE, id).slice(0, 1),
  { type: 'settled', id, outcome: { is: 'refused', code } },
];
/** The first message's clientMsgId with other content. */
const conflict = (id: number): HistoryEvent[] => [
  ...sent({ ...FIRST, content: { type: 'text', text: 'other' } }, id).slice(0, 1),
  { type: 'settled', id, outcome: { is: 'refused', code: 'idempotency_conflict' } },
];
const told = (...types: string[]): HistoryEvent => ({
  type: 'told',
  events: types.map((type) => ({
    id: type === 'group.deleted' ? 'd' : 'id1-0',
    type,
    conversationId: GROUP,
    data: {},
  })),
});
const change = { user: 'ann', conversationId: GROUP, seq: 1, begun: 99, outcome: 'done' } as const;

/** Ann and cid are connected, and ann has written, when the operator deletes the group. */
const judge = (...events: HistoryEvent[]) =>
  violations([...connected('cid'), ...sent(FIRST, 1), asked, ...events], { [GROUP]: ['ann', 'cid', 'dee'] });

describe('the checker of deleted groups', () => {
  it.each<[string, readonly HistoryEvent[]]>([
    [
      'that nothing of it is there',
      [at('members'), push('cid', REMOVED), deleted(), told('message.created', 'group.deleted')],
    ],
    [
      'a send that the deletion met',
      [...sent(LATE, 2).slice(0, 1), at('settle'), ...sent(LATE, 2).slice(1), push('cid', REMOVED)],
    ],
    ['what was acked before', [at('settle'), ...sent(FIRST, 2), push('cid', REMOVED)]],
    ['that a closed group is forbidden', [at('members'), ...refused(2, 'forbidden'), push('cid', REMOVED)]],
    [
      'that a group without members is not found',
      [at('settle'), ...refused(2, 'not_found'), push('cid', REMOVED)],
    ],
    [
      'that what was stored before with other content is a conflict',
      [at('settle'), ...conflict(2), push('cid', REMOVED)],
    ],
    ['reads while its members are removed', [at('members'), page('cid', 6), push('cid', REMOVED)]],
    [
      'that a view and a program still have a message',
      [
        push('cid', FIRST),
        { type: 'kept', user: 'ann', conversationId: GROUP, clientMsgId: 'm9' },
        { type: 'synced', user: 'cid', device: 'phone', view: [FIRST] },
        push('cid', REMOVED),
      ],
    ],
  ])('accepts %s (IM-ADMIN-4)', (_, events) => {
    // biome-ignore format: a table
    expect(judge(...events, { type: 'healed' })).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], string]>([
    ['a closed group takes a message', [at('members'), ...sent(LATE, 2)], 'ann sent m2'],
    [
      'a closed group takes a member',
      [
        at('members'),
        {
          type: 'membership',
          user: 'eve',
          by: 'ann',
          conversationId: GROUP,
          change: 'add',
          begun: 9,
          outcome: 'done',
        },
      ],
      'eve: membership',
    ],
    [
      'a group without members takes an edit',
      [at('settle'), { ...change, type: 'edit', editId: 'e', content: {} }],
      'ann: edit',
    ],
    ['a group without members takes a recall', [at('settle'), { ...change, type: 'recall' }], 'ann: recall'],
    ['a removed member reads it', [at('settle'), page('cid', 9)], 'cid read g:1 (saw)'],
    [
      'a removed member lists it',
      [
        deleted(),
        {
          type: 'listed',
          user: 'cid',
          begun: 9,
          conversations: [{ conversationId: GROUP, head: 1, readSeq: 0, unread: 0, lastMessage: null }],
        },
      ],
      'cid read g:1 (listed)',
    ],
    [
      'a program still lists it',
      [{ type: 'offered', user: 'cid', device: 'app', conversationIds: [GROUP] }],
      'IM-INV-7 wrong-list: cid/app still lists g:1',
    ],
    [
      'a removed member opens its files',
      [
        at('settle'),
        { type: 'files', user: 'cid', conversationId: GROUP, seq: 1, begun: 9, outcome: 'done', files: [] },
      ],
      'cid read g:1 (files)',
    ],
    [
      'a link to its files works',
      [
        deleted(),
        { type: 'reopened', conversationId: GROUP, seq: 1, attachmentId: 'a1', begun: 9, isOpen: true },
      ],
      'a link to a file',
    ],
    ['the answer is another one', [at('settle'), ...refused(2, 'forbidden')], 'refused as forbidden'],
    ['a member who is connected is not told', [{ type: 'healed' }], 'cid/phone was always connected'],
    ['something is left', [deleted('Messages g:1#0 1')], 'Messages g:1#0 1 is left'],
    ['it is archived', [{ type: 'archived', messages: [FIRST] }], 'the archive has g:1 1'],
    [
      'a replay tells of it',
      [
        deleted(),
        { type: 'replayed', conversationId: GROUP, fromSeq: 1, begun: 9, outcome: 'done', events: [] },
      ],
      'a replay tells of g:1',
    ],
    ['no event tells of a message', [told('group.deleted')], 'no event id1-0'],
    ['no event tells that it is deleted', [told('message.created')], 'no event group.deleted'],
    ['a message that nobody sent is seen', [push('cid', LATE)], 'IM-INV-2 phantom'],
  ])('notices that %s (IM-ADMIN-4)', (_, events, violation) => {
    // biome-ignore format: a table
    expect(judge(...events)).toContain(violation);
  });

  it('takes a group whose deletion was refused for one that stays (IM-INV-1)', () => {
    const events: HistoryEvent[] = [
      ...sent(FIRST, 1),
      { ...asked, begun: 2, outcome: 'refused' } as HistoryEvent,
    ];
    expect(violations(events, { [GROUP]: ['ann', 'cid'] })).toContain('IM-INV-1 lost');
  });
});
