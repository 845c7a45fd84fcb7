import { describe, expect, it } from 'vitest';
import { FIRST, final, ID, message, SECOND, sent, violations } from './checker/pair-history.ts';
import type { HistoryEvent, SeenMessage } from './history.ts';
import type { Settings } from './people-history.ts';

const recall: HistoryEvent = {
  ...{ type: 'recall', user: 'cid', conversationId: ID, seq: 1, begun: 0 },
  outcome: 'done',
};

describe('the checker of notifications', () => {
  const { seq, messageId } = FIRST;
  const payload = { conversationId: ID, seq, messageId, title: 'Cid', body: "cid's m1" };
  const notified = (user: string, more: object = {}): HistoryEvent => ({
    type: 'notified',
    user,
    payload: { ...payload, ...more },
  });
  const read: HistoryEvent = { type: 'read', user: 'ann', conversationId: ID, seq: 1, begun: 2, done: true };
  const edit: HistoryEvent = {
    ...{ type: 'edit', user: 'cid', conversationId: ID, seq: 1, editId: 'e', begun: 2, outcome: 'done' },
    content: { type: 'text', text: 'new' },
  };
  const judge = (...events: HistoryEvent[]) => violations([...sent(FIRST, 1), ...events, final(FIRST)]);

  it('accepts one, two, or none, in the words of the message as sent or as edited', () => {
    const edited = final({ ...FIRST, content: { type: 'text', text: 'new' }, rev: 1 });
    expect(judge()).toBe('');
    expect(judge(notified('ann'), notified('ann'))).toBe('');
    expect(violations([...sent(FIRST, 1), edit, notified('ann', { body: 'new' }), edited])).toBe('');
    expect(judge({ type: 'due', user: 'ann', messageId }, notified('ann'))).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], string]>([
    ['its sender', [notified('cid')], 'which nobody else said'],
    ['a stranger', [notified('eve')], 'eve was told of dm:ann:cid 1 and may not see it'],
    ['what is not in history', [notified('ann', { messageId: 'id9' })], 'not in history as id9'],
    ['other words', [notified('ann', { body: "bob's m7" })], "in other words: bob's m7"],
    ['what was read before', [read, notified('ann')], 'which had been read or recalled'],
    ['what was recalled before', [recall, notified('ann')], 'which had been read or recalled'],
  ])('notices one to or of %s (IM-NOTIFY-2, IM-NOTIFY-3)', (_, events, violation) => {
    expect(judge(...events)).toContain(violation);
  });

  it('says nothing of a read that came after the pause, or while the queues hurry (IM-NOTIFY-2)', () => {
    const events = [...sent(FIRST, 1), read, notified('ann'), final(FIRST)];
    expect(violations(events)).toContain('had been read');
    expect(violations(events, undefined, [0, 0, 3_000])).toBe('');
    expect(violations([...sent(FIRST, 1), { type: 'resting' }, read, notified('ann'), final(FIRST)])).toBe(
      '',
    );
  });

  it('notices one of a user who was blocked before, and says nothing of a later block (IM-NOTIFY-2)', () => {
    const block = (begun: number): HistoryEvent => {
      return { type: 'block', user: 'ann', peer: 'cid', on: true, begun, outcome: 'done' };
    };
    expect(judge(block(2), notified('ann'))).toContain(
      'ann was told of dm:ann:cid 1 of cid, whom they had blocked',
    );
    expect(judge(notified('ann'), block(3))).toBe('');
  });

  it('notices one of a conversation that was muted before, and says nothing of one that is not any more (IM-NOTIFY-2)', () => {
    const set = (change: Settings, begun: number): HistoryEvent => {
      return { type: 'settings', user: 'ann', conversationId: ID, change, begun, outcome: 'done' };
    };
    for (const [on, off] of [
      [{ muted: true }, { muted: false }],
      [{ notify: 'none' }, { notify: 'all' }],
      [{ notify: 'mentions' }, { notify: 'all' }],
    ] as const) {
      expect(judge(set(on, 2), notified('ann'))).toContain('or where they had muted');
      expect(judge(set(on, 2), notified('cid'))).not.toContain('muted');
      expect(judge(notified('ann'), set(on, 3))).toBe('');
      expect(judge(set(on, 2), set(off, 3), notified('ann'))).toBe('');
    }
    expect(judge(set({ pinned: true, archived: true }, 2), notified('ann'))).toBe('');
  });

  it('notices that nobody told who was away when all worked (IM-NOTIFY-2)', () => {
    expect(judge({ type: 'due', user: 'ann', messageId })).toContain('ann was away and was not told of id1');
  });
});

describe('the checker of the archive', () => {
  const judge = (...messages: SeenMessage[]) =>
    violations([...sent(FIRST, 1), ...sent(SECOND, 2), final(FIRST, SECOND), { type: 'archived', messages }]);

  it('accepts each message as it was, in any order, and repeats', () => {
    expect(judge(SECOND, FIRST, SECOND)).toBe('');
  });

  it.each<[string, readonly SeenMessage[], string]>([
    ['lacks a message', [FIRST], 'id2 has expired and is not in the archive'],
    [
      'has it otherwise',
      [FIRST, { ...SECOND, content: { type: 'text', text: 'x' } }],
      'otherwise than it was',
    ],
    ['has more', [FIRST, SECOND, message(3, 'ann')], 'was not in history'],
  ])('notices one that %s (IM-ARCHIVE-1, IM-ARCHIVE-2)', (_, messages, violation) => {
    expect(judge(...messages)).toContain('IM-ARCHIVE wrong-archive: ');
    expect(judge(...messages)).toContain(violation);
  });
});

describe('the checker of imports', () => {
  const imported = (one: SeenMessage, id: number): HistoryEvent[] =>
    sent(one, id).map((event) => (event.type === 'try' ? { ...event, via: 'import' } : event));
  const judge = (...messages: SeenMessage[]) =>
    violations([...imported(FIRST, 1), ...imported(SECOND, 2), final(...messages)]);

  it('accepts what was imported, with its seq and time (IM-IMPORT-3)', () => {
    expect(judge(FIRST, SECOND)).toBe('');
  });

  it.each<[string, readonly SeenMessage[], string]>([
    ['is missing', [FIRST], 'IM-INV-1 lost'],
    ['is there twice', [FIRST, SECOND, { ...SECOND, seq: 3, messageId: 'id3' }], 'IM-INV-2 duplicated'],
    ['has another time', [FIRST, { ...SECOND, sentAt: 9 }], 'IM-INV-1 ambiguous'],
    ['says something else', [FIRST, { ...SECOND, content: { type: 'text', text: 'x' } }], 'IM-INV-2 altered'],
  ])('notices that an imported message %s (IM-IMPORT-3, IM-IMPORT-5)', (_, messages, violation) => {
    expect(judge(...messages)).toContain(violation);
  });

  it('notices an event that tells of an import without a replay (IM-IMPORT-6)', () => {
    const told = {
      ...{ id: 'id1-0', type: 'message.created', conversationId: ID, seq: 1, rev: 0 },
      data: { message: FIRST },
    };
    const events: HistoryEvent[] = [...imported(FIRST, 1), final(FIRST), { type: 'told', events: [told] }];
    expect(violations(events)).toContain('IM-EVENT phantom: the event id1-0');
    const replayed = { type: 'replayed', conversationId: ID, fromSeq: 1, begun: 2, outcome: 'done' } as const;
    expect(violations([...events, replayed])).toBe('');
  });
});
