import { describe, expect, it } from 'vitest';
import { printViolations, violationsOf } from './checker/checker.ts';
import type { History, HistoryEvent, SeenMessage } from './history.ts';

const ID = 'dm:ann:bob';
const APP = { user: 'ann', device: 'app', conversationId: ID } as const;

const stored = (seq: number): SeenMessage => ({
  conversationId: ID,
  seq,
  messageId: `id${seq}`,
  clientMsgId: `m${seq}`,
  from: 'ann',
  content: { type: 'text', text: `${seq}` },
  sentAt: seq,
});

const written = (seq: number): HistoryEvent => {
  const { clientMsgId, content } = stored(seq);
  return { type: 'try', id: seq, user: 'ann', via: 'socket', conversationId: ID, clientMsgId, content };
};

const acked = (seq: number): HistoryEvent => ({
  type: 'settled',
  id: seq,
  outcome: { is: 'acked', messageId: `id${seq}`, seq, sentAt: seq, duplicate: false },
});

/** Ann's program writes two messages without a network, crashes, and sends them when it is back. */
const historyWith = (last: readonly HistoryEvent[], seqs = [1, 2]): History => ({
  seed: 1,
  conversations: [{ conversationId: ID, members: ['ann', 'bob'] }],
  events: [
    written(1),
    written(2),
    { type: 'kept', user: 'ann', conversationId: ID, clientMsgId: 'm1' },
    { type: 'kept', user: 'ann', conversationId: ID, clientMsgId: 'm2' },
    ...seqs.map(acked),
    ...last,
    { type: 'final', user: 'ann', conversationId: ID, messages: seqs.map(stored) },
  ],
});

const shown = (...seqs: number[]): HistoryEvent => ({ type: 'shown', ...APP, messages: seqs.map(stored) });
const offered = (...conversationIds: string[]): HistoryEvent => ({
  type: 'offered',
  user: 'ann',
  device: 'app',
  conversationIds,
});
const unsent = (...ids: string[]): HistoryEvent => ({ type: 'unsent', ...APP, unsent: ids });

const violations = (history: History) => printViolations(violationsOf(history), history);

describe('the checker of programs with the SDK', () => {
  it('accepts a program whose view is the history and whose store was emptied', () => {
    expect(violations(historyWith([unsent('m1', 'm2'), shown(1, 2), offered(ID)]))).toBe('');
  });

  it.each([
    ['a message that the store kept is never sent (IM-INV-1)', historyWith([], [1]), 'IM-INV-1 lost'],
    ['unsent messages change places (IM-INV-3)', historyWith([unsent('m2', 'm1')]), 'IM-INV-3 reordered'],
    ['a view lacks a message (IM-INV-4)', historyWith([shown(2)]), 'IM-INV-4 unseen'],
    ['a view has another order (IM-INV-3)', historyWith([shown(2, 1)]), 'IM-INV-3 reordered'],
    ['a view has a message twice (IM-INV-3)', historyWith([shown(1, 1, 2)]), 'IM-INV-3 reordered'],
    [
      'a list lacks a conversation (IM-INV-7)',
      historyWith([offered()]),
      `IM-INV-7 wrong-list: ann/app does not list ${ID}`,
    ],
    [
      'a list keeps a conversation that its user is not in (IM-INV-7)',
      historyWith([offered(ID, 'g:1')]),
      'IM-INV-7 wrong-list: ann/app still lists g:1',
    ],
    [
      'a program gives up (IM-INV-4)',
      historyWith([{ type: 'ended', user: 'ann', device: 'app', why: 'html' }]),
      'IM-INV-4 stuck',
    ],
  ])('notices that %s', (_, history, told) => {
    expect(violations(history)).toContain(told);
  });
});
