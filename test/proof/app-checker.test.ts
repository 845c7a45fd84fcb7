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

const banned = (change: 'ban' | 'lift', begun: number): HistoryEvent => ({
  type: 'ban',
  user: 'ann',
  change,
  begun,
  outcome: 'done',
});
const ended = (begun: number, code: string): HistoryEvent => ({
  type: 'ended',
  user: 'ann',
  device: 'app',
  why: 'the server ended the session',
  code,
  begun,
});

const violations = (history: History) => printViolations(violationsOf(history), history);

describe('the checker of programs with the SDK', () => {
  it('accepts a program whose view is the history and whose store was emptied', () => {
    expect(violations(historyWith([unsent('m1', 'm2'), shown(1, 2), offered(ID)]))).toBe('');
  });

  it('accepts one that was told that its user is banned, and sends what it kept after the ban (IM-BAN-1)', () => {
    for (const code of ['banned', 'forbidden'])
      expect(violations(historyWith([banned('ban', 6), ended(6, code), banned('lift', 8)]))).toBe('');
    // The last word of a ban comes after its end.
    expect(violations(historyWith([banned('ban', 6), banned('lift', 7), ended(6, 'forbidden')]))).toBe('');
  });

  it('accepts one whose user was erased, and which kept messages (IM-ERASE-2)', () => {
    const erase: HistoryEvent = { type: 'erase', user: 'ann', begun: 5, outcome: 'done' };
    expect(violations(historyWith([erase, ended(5, 'banned')], [1]))).toBe('');
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
      'a message that the store kept is not sent after a ban (IM-INV-1, IM-BAN-1)',
      historyWith([banned('ban', 5), ended(5, 'banned'), banned('lift', 7)], [1]),
      'IM-INV-1 lost',
    ],
    [
      'a program is told of a ban that there was not (IM-BAN-1)',
      historyWith([ended(5, 'banned')]),
      'IM-INV-4 stuck',
    ],
    [
      'a program is told of a ban that was lifted before (IM-BAN-1)',
      historyWith([banned('ban', 6), banned('lift', 7), ended(8, 'forbidden')]),
      'IM-INV-4 stuck',
    ],
    [
      'a program gives up amid a ban for another reason (IM-INV-4)',
      historyWith([banned('ban', 6), ended(6, 'unauthorized')]),
      'IM-INV-4 stuck',
    ],
    [
      'a program does not learn of an erasure (IM-ERASE-2)',
      historyWith([
        { type: 'erase', user: 'ann', begun: 6, outcome: 'done' },
        { type: 'ended', user: 'ann', device: 'app', why: 'connected' },
      ]),
      'IM-INV-4 stuck',
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
