import { describe, expect, it } from 'vitest';
import { printViolations, violationsOf } from './checker/checker.ts';
import type { Edited, Effect, History, HistoryEvent, PinTried, Reacted, SeenMessage } from './history.ts';

const ID = 'dm:ann:bob';
const text = (words: string) => ({ type: 'text', text: words });

const message = (more: Partial<SeenMessage> = {}): SeenMessage => ({
  conversationId: ID,
  seq: 1,
  messageId: 'id1',
  clientMsgId: 'm1',
  from: 'ann',
  content: text('first'),
  sentAt: 1,
  ...more,
});

const edit = (words: string, outcome: Effect = 'done', user = 'ann', begun = 0): Edited => ({
  type: 'edit',
  user,
  conversationId: ID,
  seq: 1,
  editId: words,
  content: text(words),
  begun,
  outcome,
});

const react = (user: string, on: boolean, outcome: Effect = 'done', begun = 0): Reacted => ({
  type: 'react',
  user,
  conversationId: ID,
  seq: 1,
  name: '👍',
  on,
  begun,
  outcome,
});

const pin = (on: boolean, outcome: Effect = 'done', user = 'ann'): PinTried => {
  const { name: _, ...rest } = react(user, on, outcome);
  return { ...rest, type: 'pin' };
};
const pinned = { pinned: { by: 'ann', at: 9 } };
const thumbs = (count: number) => ({ reactions: [{ name: '👍', count }] });
const recalled = { content: { type: 'recalled', by: 'ann', at: 9 } };

/** Ann's message is acked, then changed, then read by bob and shown by his program. Changes begin where they stand. */
function historyWith(
  changes: readonly HistoryEvent[],
  last: Partial<SeenMessage>,
  shown: Partial<SeenMessage> = last,
): History {
  const { content } = message();
  const events: HistoryEvent[] = [
    { type: 'try', id: 1, user: 'ann', via: 'socket', conversationId: ID, clientMsgId: 'm1', content },
    {
      type: 'settled',
      id: 1,
      outcome: { is: 'acked', messageId: 'id1', seq: 1, sentAt: 1, duplicate: false },
    },
    ...changes.map((event, index) => ('begun' in event ? { ...event, begun: 2 + index } : event)),
  ];
  return {
    seed: 1,
    conversations: [{ conversationId: ID, members: ['ann', 'bob'] }],
    events: [
      ...events,
      { type: 'final', user: 'bob', conversationId: ID, messages: [message(last)] },
      { type: 'shown', user: 'bob', device: 'app', conversationId: ID, messages: [message(shown)] },
    ],
  };
}

const violations = (history: History) => printViolations(violationsOf(history), history);

describe('the checker of messages that change', () => {
  it.each([
    ['an edit', historyWith([edit('second')], { content: text('second'), rev: 1 })],
    [
      'either of two edits of which one has no answer',
      historyWith([edit('second', 'unknown'), edit('third')], { content: text('second'), rev: 2 }),
    ],
    ['the first text while no edit is done', historyWith([edit('second', 'unknown')], {})],
    ['a reaction', historyWith([react('ann', true), react('bob', true)], { ...thumbs(2), rev: 2 })],
    ['a reaction that was taken back', historyWith([react('bob', true), react('bob', false)], { rev: 2 })],
    ['a reaction without an answer, counted or not', historyWith([react('bob', true, 'unknown')], thumbs(1))],
    ['a pin', historyWith([pin(true), pin(false, 'refused', 'bob')], { ...pinned, rev: 1 })],
    ['a pin that another user took back', historyWith([pin(true), pin(false, 'done', 'bob')], { rev: 2 })],
    [
      'a recalled message without its reactions',
      historyWith(
        [
          react('bob', true),
          { type: 'recall', user: 'ann', conversationId: ID, seq: 1, begun: 0, outcome: 'done' },
        ],
        recalled,
      ),
    ],
  ])('accepts %s', (_, history) => {
    expect(violations(history)).toBe('');
  });

  it.each([
    ['an edit that was done is not in history', historyWith([edit('second')], {}), 'IM-EDIT edit-undone'],
    [
      'an earlier edit comes back',
      historyWith([edit('second'), edit('third')], { content: text('second') }),
      'IM-EDIT edit-undone',
    ],
    [
      'a refused edit is in history',
      historyWith([edit('second', 'refused')], { content: text('second') }),
      'IM-INV-2 altered',
    ],
    [
      'another user edits',
      historyWith([edit('second', 'done', 'bob')], { content: text('second') }),
      'IM-EDIT edited-by-other',
    ],
    ['a reaction is not counted', historyWith([react('bob', true)], {}), 'IM-REACT wrong-count'],
    ['a reaction is counted twice', historyWith([react('bob', true)], thumbs(2)), 'IM-REACT wrong-count'],
    [
      'a reaction that was taken back is counted',
      historyWith([react('bob', true), react('bob', false)], thumbs(1)),
      'IM-REACT wrong-count',
    ],
    [
      'a refused reaction is counted',
      historyWith([react('bob', true, 'refused')], thumbs(1)),
      'IM-REACT wrong-count',
    ],
    ['a pin is lost', historyWith([pin(true)], {}), 'IM-PIN wrong-pin'],
    ['a pin comes back', historyWith([pin(true), pin(false)], pinned), 'IM-PIN wrong-pin'],
    ['a message is pinned that nobody pinned', historyWith([], pinned), 'IM-PIN wrong-pin'],
    [
      'a view shows no pin',
      historyWith([pin(true)], { ...pinned, rev: 1 }, { rev: 1 }),
      'IM-CHANGE-4 outdated',
    ],
    [
      'a view shows the text from before an edit',
      historyWith([edit('second')], { content: text('second'), rev: 1 }, {}),
      'IM-CHANGE-4 outdated',
    ],
    [
      'a view shows fewer reactions',
      historyWith([react('bob', true)], { ...thumbs(1), rev: 1 }, { rev: 1 }),
      'IM-CHANGE-4 outdated',
    ],
  ])('reports that %s', (_, history, expected) => {
    expect(violations(history)).toContain(expected);
  });
});
