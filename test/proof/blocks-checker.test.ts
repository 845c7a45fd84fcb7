import { describe, expect, it } from 'vitest';
import { FIRST, final, ID, message, SECOND, sent, violations } from './checker/pair-history.ts';
import type { HistoryEvent, SeenMessage } from './history.ts';

const block = (on: boolean, begun: number, more: object = {}): HistoryEvent => ({
  ...{ type: 'block', user: 'ann', peer: 'cid', on, begun, outcome: 'done' },
  ...more,
});
const unblock = (begun: number) => block(false, begun);
/** Cid has written to ann, who blocks him. */
const blocked = [...sent(FIRST, 1), block(true, 2)];
const LATE = message(2, 'cid');

const answered = (id: number, one: SeenMessage, ...outcomes: HistoryEvent[]): HistoryEvent[] => [
  ...sent(one, id).slice(0, 1),
  ...outcomes,
];
const refused = (id: number, one: SeenMessage): HistoryEvent[] =>
  answered(id, one, { type: 'settled', id, outcome: { is: 'refused', code: 'forbidden' } });
const queued = answered(
  2,
  { ...LATE, clientMsgId: 'q' },
  { type: 'settled', id: 2, outcome: { is: 'queued' } },
);
const push = (one: SeenMessage): HistoryEvent => ({
  ...{ type: 'saw', user: 'ann', device: 'phone', connection: 'ann-1', channel: 'push' },
  messages: [one],
});
const read = (begun: number): HistoryEvent => {
  return { type: 'read', user: 'ann', conversationId: ID, seq: 1, begun, done: true };
};
const cursor: HistoryEvent = { type: 'cursor', user: 'cid', conversationId: ID, of: 'ann', seq: 1 };
const listed = (begun: number, peerReadSeq: number): HistoryEvent => {
  const row = { conversationId: ID, head: 1, readSeq: 0, unread: 0, lastMessage: FIRST, peerReadSeq };
  return { type: 'listed', user: 'cid', begun, conversations: [row] };
};
const change = { user: 'cid', conversationId: ID, seq: 1, outcome: 'done' } as const;
const edit = (begun: number): HistoryEvent => {
  return { ...change, type: 'edit', begun, editId: 'e1', content: FIRST.content };
};

describe('the checker of blocks', () => {
  it.each<[string, readonly HistoryEvent[], readonly SeenMessage[]]>([
    [
      'a refusal, and that the other one goes on',
      [...blocked, ...refused(2, LATE), ...sent(SECOND, 3)],
      [FIRST, SECOND],
    ],
    [
      'a send that the block met',
      [...sent(FIRST, 1), ...answered(2, LATE, block(true, 2)), push(LATE)],
      [FIRST, LATE],
    ],
    ['what was sent before', [...blocked, push(FIRST), listed(4, 0)], [FIRST]],
    ['a second ack', [...blocked, ...sent(FIRST, 2)], [FIRST]],
    ['the repeat of an edit', [...sent(FIRST, 1), edit(2), block(true, 3), edit(4)], [FIRST]],
    ['what is sent once the block is lifted', [...blocked, unblock(3), ...sent(LATE, 2)], [FIRST, LATE]],
    [
      'what is sent while the block is lifted',
      [...blocked, ...answered(2, LATE, push(LATE), unblock(3))],
      [FIRST, LATE],
    ],
    ['the late push of a read from before', [...sent(FIRST, 1), read(2), block(true, 3), cursor], [FIRST]],
    [
      'a block of unknown outcome that is not in effect',
      [block(true, 0, { outcome: 'unknown' }), ...sent(FIRST, 1)],
      [FIRST],
    ],
    [
      'a block of unknown outcome that is in effect',
      [block(true, 0, { outcome: 'unknown' }), unblock(1), ...refused(1, FIRST)],
      [],
    ],
    ['that a service event is dropped', [...blocked, ...queued], [FIRST]],
  ])('accepts %s (IM-BLOCK-1, IM-BLOCK-2, IM-BLOCK-4)', (_, events, last) => {
    // biome-ignore format: a table
    expect(violations([...events, final(...last)])).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], readonly SeenMessage[], string]>([
    ['a send is acked', sent(LATE, 2), [FIRST, LATE], 'IM-BLOCK blocked-but-served: cid'],
    ['a send is pushed', answered(2, LATE, push(LATE)), [FIRST, LATE], 'IM-BLOCK blocked-but-served: cid'],
    ['an edit is done', [edit(4)], [FIRST], 'IM-BLOCK blocked-but-served: cid'],
    [
      'a reaction is done',
      [{ ...change, type: 'react', begun: 4, name: '👍', on: false }],
      [FIRST],
      '(react)',
    ],
    ['a pin is done', [{ ...change, type: 'pin', begun: 4, on: false }], [FIRST], '(pin)'],
    ['a read is pushed', [read(3), cursor], [FIRST], 'cid learned what ann has read'],
    ['the list says what was read', [read(3), listed(5, 1)], [FIRST], 'cid learned what ann has read'],
    [
      'a send is refused though the block was lifted',
      [unblock(3), ...refused(2, LATE)],
      [FIRST],
      'ann had not blocked them',
    ],
    ['what was acked is refused', refused(2, FIRST), [FIRST], 'although it had been acked'],
    ['the one who blocks is refused', refused(2, SECOND), [FIRST], 'cid had not blocked them'],
  ])('notices that %s (IM-BLOCK-1, IM-BLOCK-2)', (_, events, last, violation) => {
    // biome-ignore format: a table
    expect(violations([...blocked, ...events, final(...last)])).toContain(violation);
  });

  it('notices that a service event of a user is lost whom nobody has blocked (IM-BLOCK-4)', () => {
    expect(violations([...sent(FIRST, 1), ...queued, final(FIRST)])).toContain('IM-INV-1 lost');
    expect(violations([...blocked, unblock(3), ...queued, final(FIRST)])).toContain('IM-INV-1 lost');
  });
});

describe('the checker of blocks in groups', () => {
  const GROUP = 'g:1';
  const system = (seq: number, event: string): SeenMessage => ({
    ...message(seq, 'cid'),
    conversationId: GROUP,
    messageId: `g${seq}`,
    content: { type: 'system', event, users: ['ann'], by: 'cid' },
  });
  const add = (begun: number): HistoryEvent => ({
    ...{ type: 'membership', user: 'ann', conversationId: GROUP, by: 'cid', change: 'add', begun },
    outcome: 'done',
  });
  const judge = (events: readonly HistoryEvent[], ...messages: SeenMessage[]) =>
    violations([...events, { ...final(...messages), conversationId: GROUP } as HistoryEvent], {
      [GROUP]: ['cid', 'ann'],
    });

  it('accepts an addition from before, and one that left the user out (IM-BLOCK-3)', () => {
    expect(judge([add(0), block(true, 1), add(2)], system(1, 'joined'))).toBe('');
    expect(judge([block(true, 0), add(1), unblock(2), add(3)], system(1, 'joined'))).toBe('');
  });

  it('notices that a blocked user adds the other one (IM-BLOCK-3)', () => {
    expect(judge([block(true, 0), add(1)], system(1, 'joined'))).toContain(
      'IM-BLOCK blocked-but-served: cid added',
    );
    expect(
      judge([add(0), block(true, 1), add(2)], system(1, 'joined'), system(2, 'left'), system(3, 'joined')),
    ).toContain('cid added ann');
  });
});
