import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../client/src/index.ts';
import { type ListRowsInput, listRows } from '../../src/messages/list-rows.ts';
import { lastOf } from '../../src/messages/use-last-message.ts';

const NOON = new Date(2026, 2, 3, 12).getTime();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function message(seq: number, { mine = false, atMs = NOON + seq * 1000 } = {}): ChatMessage {
  return {
    key: `m${seq}`,
    conversationId: 'dm:alice:bob',
    clientMsgId: `m${seq}`,
    from: mine ? 'alice' : 'bob',
    mine,
    content: { type: 'text', text: String(seq) },
    sentAt: atMs,
    state: 'sent',
    seq,
    messageId: `M${seq}`,
    rev: 0,
    editedAt: undefined,
    error: undefined,
  };
}

const rowsOf = (messages: readonly ChatMessage[], more: Partial<ListRowsInput> = {}) =>
  listRows({ messages, gaps: [], hasEarlier: false, readSeq: undefined, ...more });
const keys = (...input: Parameters<typeof rowsOf>) => rowsOf(...input).map(({ key }) => key);

describe('listRows', () => {
  it('starts with a day separator, and has one before each further day', () => {
    const messages = [message(1), message(2), message(3, { atMs: NOON + DAY })];
    expect(keys(messages)).toEqual(['day m1', 'm1', 'm2', 'day m3', 'm3']);
  });

  it('keeps the keys when older messages are added, of the same day or another', () => {
    const later = [message(2), message(3)];
    const before = keys(later, { hasEarlier: true });
    expect(before).toEqual(['m2', 'm3']);
    expect(keys([message(1), ...later]).slice(-2)).toEqual(before);
    expect(keys([message(1, { atMs: NOON - DAY }), ...later]).slice(-3)).toEqual(['day m2', ...before]);
  });

  it('has a separator before the first unread message, once that is certain', () => {
    const messages = [message(1), message(2), message(3)];
    expect(keys(messages, { readSeq: 1 })).toEqual(['day m1', 'm1', 'unread', 'm2', 'm3']);
    expect(keys(messages, { readSeq: 0, hasEarlier: true })).not.toContain('unread');
    expect(keys(messages)).not.toContain('unread');
  });

  it('has no unread separator above an answer, since the answer implies reading', () => {
    const messages = [message(1), message(2, { mine: true }), message(3)];
    expect(keys(messages, { readSeq: 0 })).toEqual(['day m1', 'm1', 'm2', 'unread', 'm3']);
  });

  it('ends with the live texts, each in the row of the message that it becomes (IM-LIVE-4)', () => {
    const text = { key: 'm3', liveId: 'm3', from: 'bob', mine: false, startedAt: NOON + 3_000 };
    const live = [{ ...text, content: { type: 'text', text: '3' } as const }];
    const rows = rowsOf([message(1), message(2)], { live });
    expect(rows.map(({ key }) => key)).toEqual(['day m1', 'm1', 'm2', 'm3']);
    expect(rows.at(-1)).toMatchObject({ kind: 'message', isLive: true, isFirst: false, isLast: true });
    expect(rows.at(-2)).toMatchObject({ isLive: false, isLast: false });
    const both = rowsOf([message(1), message(2), message(3)], { live });
    expect(both).toEqual(rowsOf([message(1), message(2), message(3)]));
    expect(keys([], { live })).toEqual(['day m3', 'm3']);
  });

  it('has a row where messages are missing', () => {
    const gaps = [{ from: 2, to: 2, state: 'open' }] as const;
    expect(keys([message(1), message(3)], { gaps })).toEqual(['day m1', 'm1', 'gap m3', 'm3']);
  });

  it('joins one person’s messages within three minutes', () => {
    const messages = [
      message(1),
      message(2),
      message(3, { mine: true }),
      message(4, { mine: true, atMs: NOON + 5 * MINUTE }),
    ];
    const joined = rowsOf(messages).flatMap((row) =>
      row.kind === 'message' ? [[row.isFirst, row.isLast]] : [],
    );
    expect(joined).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });

  it('joins messages that were deleted, and none with one of the system', () => {
    const deleted = { type: 'erased' } as const;
    const system = { type: 'system', event: 'joined', by: 'bob' } as const;
    const messages = [
      { ...message(1), content: deleted },
      { ...message(2), content: deleted },
      message(3),
      { ...message(4), content: system },
    ];
    const starts = rowsOf(messages).flatMap((row) => (row.kind === 'message' ? [row.isFirst] : []));
    expect(starts).toEqual([true, false, false, true]);
  });

  it('marks the last of the user’s own messages', () => {
    const messages = [message(1, { mine: true }), message(2, { mine: true }), message(3)];
    const told = rowsOf(messages).filter((row) => row.kind === 'message' && row.isLatestOwn);
    expect(told.map(({ key }) => key)).toEqual(['m2']);
  });
});

describe('the preview of a conversation', () => {
  const refused: ChatMessage = { ...message(2, { mine: true }), seq: undefined, state: 'failed' };
  const pending: ChatMessage = { ...message(3, { mine: true }), seq: undefined, state: 'pending' };

  it('is of the newest message: a refused one gives way to any later, and is only marked then', () => {
    expect(lastOf(message(1), [refused])).toEqual({ last: refused, hasRefused: false });
    expect(lastOf(message(1), [refused, pending])).toEqual({ last: pending, hasRefused: true });
    const later = message(3);
    expect(lastOf(later, [refused])).toEqual({ last: later, hasRefused: true });
    expect(lastOf(later, [])).toEqual({ last: later, hasRefused: false });
    expect(lastOf(null, [])).toEqual({ last: null, hasRefused: false });
  });

  it('is of a message that is being sent, though the device’s clock was behind when it was written', () => {
    expect(lastOf(message(9), [pending])).toEqual({ last: pending, hasRefused: false });
  });
});
