import { describe, expect, it } from 'vitest';
import { FIRST, final, ID, message, page, SECOND, sent, text, violations } from './checker/pair-history.ts';
import type { Effect, HistoryEvent, SeenMessage } from './history.ts';
import type { Banned, ToldEvent } from './platform-history.ts';

const GROUP = 'g:1';

const banned = (change: Banned['change'], begun: number): HistoryEvent => ({
  type: 'ban',
  user: 'cid',
  change,
  begun,
  outcome: 'done',
});

const load = (begun: number, ...chats: string[]): HistoryEvent => ({
  type: 'load',
  user: 'cid',
  begun,
  chats,
});

describe('the checker of bans', () => {
  it('accepts a user who is served before a ban and after it', () => {
    const [attempt, ack] = sent(FIRST, 1) as [HistoryEvent, HistoryEvent];
    expect(violations([banned('ban', 0), banned('lift', 1), attempt, ack, final(FIRST)])).toBe('');
    expect(violations([attempt, ack, banned('ban', 2), page('ann', 3, FIRST), final(FIRST)])).toBe('');
    expect(violations([banned('ban', 0), load(1), banned('lift', 2), load(3, 'cs:1')])).toBe('');
  });

  it.each<[string, readonly HistoryEvent[]]>([
    ['an ack of a send that began later', [banned('ban', 0), ...sent(FIRST, 1), final(FIRST)]],
    ['a page', [...sent(FIRST, 1), banned('ban', 2), page('cid', 3, FIRST), final(FIRST)]],
    ['a support chat', [banned('ban', 0), load(1, 'cs:1')]],
    [
      'an ack after an erasure',
      [
        { type: 'erase', user: 'cid', begun: 0, outcome: 'done' },
        { type: 'erased', user: 'cid', left: [] },
        ...sent(FIRST, 1),
        final({ ...FIRST, content: { type: 'erased' } }),
      ],
    ],
  ])('notices that a banned user got %s (IM-BAN-1, IM-BAN-2)', (_, events) => {
    expect(violations(events)).toContain('IM-BAN banned-but-served');
  });
});

describe('the checker of erasures', () => {
  const ERASED = { ...FIRST, content: { type: 'erased' }, rev: 1 };
  const erasure = (...left: string[]): HistoryEvent[] => [
    { type: 'erase', user: 'cid', begun: 4, outcome: 'done' },
    { type: 'erased', user: 'cid', left },
  ];
  const begin = [...sent(FIRST, 1), ...sent(SECOND, 2)];

  it('accepts erased messages in the place of what the user wrote, and no others', () => {
    expect(violations([...begin, ...erasure(), page('ann', 6, ERASED, SECOND), final(ERASED, SECOND)])).toBe(
      '',
    );
  });

  it.each<[string, readonly HistoryEvent[], string]>([
    ['the content is read', [...begin, ...erasure(), final(FIRST, SECOND)], 'IM-ERASE not-erased'],
    [
      'a reaction is left',
      [...begin, ...erasure(), final({ ...ERASED, reactions: [{ name: '👍', count: 1 }] }, SECOND)],
      'IM-ERASE not-erased',
    ],
    [
      'a row has it',
      [...begin, ...erasure('Inbox cid'), final(ERASED, SECOND)],
      'IM-ERASE not-erased: Inbox cid',
    ],
    [
      'it does not end',
      [...begin, { type: 'endless', user: 'cid', kind: 'erase', step: 'settle' }, final(FIRST, SECOND)],
      'IM-ERASE endless',
    ],
    [
      'it erases what another one wrote',
      [...begin, ...erasure(), final(ERASED, { ...SECOND, content: { type: 'erased' } })],
      'IM-INV-2 altered',
    ],
    ["it takes another one's message", [...begin, ...erasure(), final(ERASED)], 'IM-INV-1 lost'],
    ['it takes a message with its place', [...begin, ...erasure(), final(SECOND)], 'IM-INV-1 lost'],
    ['content is erased of a user who is not', [...begin, final(ERASED, SECOND)], 'IM-INV-2 altered'],
  ])('notices that %s (IM-ERASE-1, IM-ERASE-4)', (_, events, violation) => {
    expect(violations(events)).toContain(violation);
  });

  it('notices that the user is still a member of a group (IM-ERASE-1)', () => {
    const created = message(1, 'ann', {
      conversationId: GROUP,
      content: { type: 'system', event: 'created', users: ['ann', 'cid'], by: 'ann' },
    });
    const removed = message(2, 'system', {
      conversationId: GROUP,
      content: { type: 'system', event: 'removed', users: ['cid'], by: 'system' },
    });
    const judge = (...messages: SeenMessage[]) =>
      violations([...erasure(), { type: 'final', user: 'ann', conversationId: GROUP, messages }], {
        [GROUP]: ['ann', 'cid'],
      });
    expect(judge(created, removed)).toBe('');
    expect(judge(created)).toContain('IM-ERASE not-erased: cid, who was erased, is a member of g:1');
  });
});

describe('the checker of exports', () => {
  const exported = (of: string, ...messages: SeenMessage[]): HistoryEvent => {
    return { type: 'exported', user: 'cid', begun: 4, lines: { account: 1 }, of, messages };
  };
  const judge = (one: HistoryEvent) =>
    violations([...sent(FIRST, 1), ...sent(SECOND, 2), one, final(FIRST, SECOND)]);

  it('accepts all messages of the user', () => {
    expect(judge(exported('cid', FIRST))).toBe('');
  });

  it.each([
    ['lacks a message', exported('cid')],
    ["has another one's message", exported('cid', FIRST, SECOND)],
    ["is another one's", exported('ann', FIRST)],
  ])('notices one that %s (IM-ERASE-3)', (_, one) => {
    expect(judge(one)).toContain('IM-ERASE wrong-export');
  });
});

describe('the checker of the hook', () => {
  const order = (said: string) => text(`cid's m1 hook:${said}`);
  const rewritten = { ...FIRST, content: text('something nicer') };

  it('accepts what the hook has rewritten (IM-HOOK-1)', () => {
    expect(violations([...sent(FIRST, 1, order('rewrite')), final(rewritten)])).toBe('');
  });

  it('notices a message that was stored without its rewriting (IM-HOOK-1)', () => {
    const asked = order('rewrite');
    expect(violations([...sent(FIRST, 1, asked), final({ ...FIRST, content: asked })])).toContain(
      'IM-INV-2 altered',
    );
  });

  it('notices a message and an edit that should have been rejected (IM-HOOK-1)', () => {
    const asked = order('reject');
    const bad = { ...FIRST, content: asked };
    expect(violations([...sent(FIRST, 1, asked), final(bad)])).toMatch(
      /IM-HOOK unasked.*acked[\s\S]*unasked.*saw/,
    );
    const edit = { type: 'edit', user: 'cid', conversationId: ID, seq: 1, editId: 'e', begun: 2 } as const;
    const done: HistoryEvent = { ...edit, content: asked, outcome: 'done' };
    expect(violations([...sent(FIRST, 1), done, final({ ...bad, rev: 1 })])).toContain("cid's edit e");
  });
});

describe('the checker of events', () => {
  const created = (one: SeenMessage): ToldEvent => ({
    id: `${one.messageId}-0`,
    type: 'message.created',
    conversationId: ID,
    seq: one.seq,
    rev: 0,
    data: { message: one },
  });
  const changed = { ...SECOND, content: text('new'), rev: 1 };
  const edited: ToldEvent = {
    ...created(changed),
    id: 'id2-1',
    type: 'message.changed',
    rev: 1,
  };
  const edit: HistoryEvent = {
    ...{ type: 'edit', user: 'ann', conversationId: ID, seq: 2, editId: 'e', begun: 4 },
    content: text('new'),
    outcome: 'done',
  };
  const ALL = [created(FIRST), created(SECOND), edited];
  const judge = (events: readonly ToldEvent[], ...more: HistoryEvent[]) =>
    violations([
      ...sent(FIRST, 1),
      ...sent(SECOND, 2),
      edit,
      ...more,
      final(FIRST, changed),
      { type: 'told', events },
    ]);

  it('accepts each message and each of its changes, in any order, and repeats', () => {
    expect(judge([...ALL.toReversed(), created(FIRST)])).toBe('');
  });

  it.each<[string, readonly ToldEvent[], string]>([
    ['of a message', ALL.slice(1), 'untold: no event id1-0'],
    ['of a change', ALL.slice(0, 2), 'untold: no event id2-1'],
    ['of what is not in history', [...ALL, created(message(3, 'ann'))], 'phantom: the event id3-0'],
    ['with another seq', [{ ...created(FIRST), seq: 9 }, ...ALL.slice(1)], 'altered: the event id1-0'],
    [
      'with another content',
      [created({ ...FIRST, content: text('other') }), ...ALL.slice(1)],
      'altered: the event id1-0',
    ],
    [
      'of a change with the content before it',
      [...ALL.slice(0, 2), { ...edited, data: { message: SECOND } }],
      'altered: the event id2-1',
    ],
  ])('notices an event that is missing or wrong: %s (IM-EVENT-1, IM-EVENT-2)', (_, events, violation) => {
    expect(judge(events)).toContain(`IM-EVENT ${violation}`);
  });

  describe('and replays', () => {
    const replayed = (outcome: Effect, events?: readonly ToldEvent[], begun = 5): HistoryEvent => ({
      ...{ type: 'replayed', conversationId: ID, fromSeq: 2, begun, outcome },
      ...(events && { events }),
    });
    /** The creation of a message that has changed since. */
    const again = { ...created(changed), rev: 0 };
    const ATEND = [created(FIRST), again, edited];

    it('accepts what was told before, and a changed message as it is now (IM-EVENT-6)', () => {
      for (const outcome of ['done', 'unknown'] as const)
        expect(judge([...ALL, again, edited], replayed(outcome))).toBe('');
      expect(judge(ALL, replayed('refused'), replayed('done', ATEND))).toBe('');
    });

    it.each<[string, readonly ToldEvent[], readonly HistoryEvent[], string]>([
      ['a changed message is told as new without a replay', [...ALL, again], [], 'altered: the event id2-0'],
      [
        'one is told as new by a replay that began behind it',
        [...ALL, { ...created({ ...FIRST, rev: 1 }), rev: 0 }],
        [replayed('done')],
        'altered: the event id1-0',
      ],
      [
        'a message does not come again',
        ALL,
        [replayed('done')],
        'untold: the event id2-0 did not come again',
      ],
      [
        'one lacks a message',
        ALL,
        [replayed('done', [again, edited])],
        'untold: the replay of dm:ann:cid lacks id1-0',
      ],
      [
        'one lacks a change',
        ALL,
        [replayed('done', [created(FIRST), again])],
        'untold: the replay of dm:ann:cid lacks id2-1',
      ],
      [
        'one tells of nothing in history',
        ALL,
        [replayed('done', [...ATEND, created(message(3, 'ann'))])],
        'phantom: the replay of dm:ann:cid tells id3-0',
      ],
      [
        'one tells of a message as it was',
        ALL,
        [replayed('done', [...ATEND, created(SECOND)])],
        'altered: the replay tells id2-0 otherwise than it is',
      ],
      [
        'one tells of a change in another way',
        [...ALL.slice(0, 2), { ...edited, data: { ...edited.data, change: { kind: 'edited', by: 'ann' } } }],
        [
          replayed('done', [
            created(FIRST),
            again,
            { ...edited, data: { ...edited.data, change: { kind: 'edited', by: 'cid' } } },
          ]),
        ],
        'altered: id2-1 of rev 1 is told in two ways',
      ],
    ])('notices that %s (IM-EVENT-6)', (_, events, more, violation) => {
      expect(judge(events, ...more)).toContain(`IM-EVENT ${violation}`);
    });
  });

  it('notices bans and erasures without an event (IM-EVENT-1, IM-EVENT-2)', () => {
    const bans = judge(ALL, banned('ban', 5), banned('lift', 6), banned('ban', 7));
    expect(bans).toContain('IM-EVENT untold: 2 bans of cid were done, 0 came out');
    const erased: HistoryEvent[] = [
      { type: 'erase', user: 'eve', begun: 5, outcome: 'done' },
      { type: 'erased', user: 'eve', left: [] },
    ];
    expect(judge(ALL, ...erased)).toContain('IM-EVENT untold: no event tells that eve was erased');
    const told: ToldEvent = { id: 'e', type: 'user.erased', data: { userId: 'eve' } };
    expect(judge([...ALL, told], ...erased)).toBe('');
  });
});
