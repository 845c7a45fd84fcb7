import { describe, expect, it } from 'vitest';
import { FIRST, final, ID, message, SECOND, sent, violations } from './checker/pair-history.ts';
import type { HistoryEvent, SeenMessage } from './history.ts';
import type { Settings } from './people-history.ts';

const set = (change: Settings, begun: number, more: object = {}): HistoryEvent => ({
  ...{ type: 'settings', user: 'ann', conversationId: ID, change, begun, outcome: 'done' },
  ...more,
});
const listed = (
  settings: Settings | undefined,
  begun: number,
  lastMessage: SeenMessage = FIRST,
): HistoryEvent => {
  const { seq: head, conversationId } = lastMessage;
  const unread = lastMessage === FIRST ? 1 : 2;
  const row = { conversationId, head, readSeq: 0, unread, lastMessage, ...(settings && { settings }) };
  return { type: 'listed', user: 'ann', begun, conversations: [row] };
};
/** Another one of cid's. */
const NEXT = message(2, 'cid');
const [TRIED, ACKED] = sent(NEXT, 2) as [HistoryEvent, HistoryEvent];
const first = sent(FIRST, 1);
const archived = [...first, set({ archived: true }, 2)];
const muted = [...archived, set({ muted: true }, 3)];

describe('the checker of settings', () => {
  it.each<[string, readonly HistoryEvent[]]>([
    ['what was set', [...first, set({ pinned: true }, 2), listed({ pinned: true }, 3)]],
    [
      'two that were set at once',
      [
        ...first,
        set({ pinned: true }, 2),
        set({ notify: 'none' }, 2),
        listed({ pinned: true, notify: 'none' }, 4),
      ],
    ],
    ['what was unset', [...first, set({ muted: true }, 2), set({ muted: false }, 3), listed(undefined, 4)]],
    ['what was archived, once nothing comes', [...archived, listed({ archived: true }, 3)]],
  ])('accepts %s (IM-SETTINGS-1)', (_, events) => {
    expect(violations([...events, final(FIRST)])).toBe('');
  });

  it('accepts both while the outcome is unknown (IM-SETTINGS-1)', () => {
    const unknown = set({ notify: 'mentions' }, 2, { outcome: 'unknown' });
    for (const settings of [undefined, { notify: 'mentions' } as const])
      expect(violations([...first, unknown, listed(settings, 3), final(FIRST)])).toBe('');
  });

  it.each<[string, readonly HistoryEvent[]]>([
    ['ended by a message', [...archived, TRIED, ACKED, listed(undefined, 5, NEXT)]],
    [
      'not ended by a message while muted',
      [...muted, TRIED, ACKED, listed({ archived: true, muted: true }, 6, NEXT)],
    ],
    [
      'either, if a message met it',
      [...first, TRIED, set({ archived: true }, 3), ACKED, listed({ archived: true }, 5, NEXT)],
    ],
    [
      'either, if a message met it',
      [...first, TRIED, set({ archived: true }, 3), ACKED, listed(undefined, 5, NEXT)],
    ],
    [
      'either, if a message met the end of the silence',
      [...muted, TRIED, set({ muted: false }, 5), ACKED, listed({ archived: true }, 7, NEXT)],
    ],
  ])('accepts that `archived` is %s (IM-SETTINGS-2)', (_, events) => {
    expect(violations([...events, final(FIRST, NEXT)])).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], readonly SeenMessage[], string]>([
    [
      'lacks a setting',
      [...first, set({ pinned: true }, 2), listed(undefined, 3)],
      [FIRST],
      'with pinned false',
    ],
    [
      'has what was refused',
      [...first, set({ pinned: true }, 2, { outcome: 'refused' }), listed({ pinned: true }, 3)],
      [FIRST],
      'with pinned true',
    ],
    [
      "has the other user's",
      [...first, set({ muted: true }, 2, { user: 'cid' }), listed({ muted: true }, 3)],
      [FIRST],
      'with muted true',
    ],
    [
      'has an older one',
      [...first, set({ notify: 'none' }, 2), set({ notify: 'mentions' }, 3), listed({ notify: 'none' }, 4)],
      [FIRST],
      'with notify none',
    ],
    [
      'lacks `archived` though nothing came',
      [...archived, listed(undefined, 3)],
      [FIRST],
      'with archived false',
    ],
    [
      'has `archived` though a message came',
      [...archived, TRIED, ACKED, listed({ archived: true }, 5, NEXT)],
      [FIRST, NEXT],
      'with archived true',
    ],
    [
      'lacks `archived` though a message came only while muted',
      [...muted, TRIED, ACKED, listed({ muted: true }, 6, NEXT)],
      [FIRST, NEXT],
      'with archived false',
    ],
    [
      "has `archived` though the user's own message came",
      [...archived, ...sent(SECOND, 2), { ...listed({ archived: true }, 5, SECOND) }],
      [FIRST, SECOND],
      'with archived true',
    ],
  ])('notices a list that %s (IM-SETTINGS-1, IM-SETTINGS-2)', (_, events, last, violation) => {
    // biome-ignore format: a table
    expect(violations([...events, final(...last)])).toContain(`IM-SETTINGS wrong-setting: ann lists dm:ann:cid ${violation}`);
  });

  it('notices settings of a group that its member had left (IM-SETTINGS-1)', () => {
    const groupId = 'g:1';
    const system = (seq: number, event: string): SeenMessage => ({
      ...{ ...message(seq, 'cid'), conversationId: groupId, messageId: `g${seq}` },
      content: { type: 'system', event, users: ['ann'], by: 'cid' },
    });
    const change = (what: 'add' | 'remove', begun: number): HistoryEvent => ({
      ...{ type: 'membership', user: 'ann', conversationId: groupId, by: 'cid', change: what, begun },
      outcome: 'done',
    });
    const last = system(3, 'joined');
    const row = { conversationId: groupId, head: 3, readSeq: 0, unread: 0, lastMessage: last };
    const judge = (settings: Settings) =>
      violations(
        [
          change('add', 0),
          set({ pinned: true }, 1, { conversationId: groupId }),
          change('remove', 2),
          change('add', 3),
          { type: 'listed', user: 'ann', begun: 4, conversations: [{ ...row, settings }] },
          { ...final(system(1, 'joined'), system(2, 'left'), last), conversationId: groupId } as HistoryEvent,
        ],
        { [groupId]: ['cid', 'ann'] },
      );
    expect(judge({ pinned: true })).toContain('with pinned true');
    expect(judge({})).not.toContain('IM-SETTINGS');
  });
});
