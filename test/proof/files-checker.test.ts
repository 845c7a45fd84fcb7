import { describe, expect, it } from 'vitest';
import { final, ID, message, page, sent, violations } from './checker/pair-history.ts';
import type { Effect, HistoryEvent, SeenMessage } from './history.ts';
import { MALWARE } from './model/malware.ts';
import type { GivenFile } from './platform-history.ts';

const RECALLED = { type: 'recalled' };
const recall: HistoryEvent = {
  ...{ type: 'recall', user: 'cid', conversationId: ID, seq: 1, begun: 0 },
  outcome: 'done',
};

describe('the checker of files', () => {
  const record = { attachmentId: 'a1', name: 'file1.txt', size: 5, type: 'text/plain' };
  const asked = { type: 'file', attachments: [{ attachmentId: 'a1' }] };
  const stored = message(1, 'cid', { content: { type: 'file', attachments: [record] } });
  const uploaded: HistoryEvent = {
    ...{ type: 'uploaded', user: 'cid', conversationId: ID, attachmentId: 'a1', bytes: 'bytes' },
    ...{ name: 'file1.txt', size: 5, mime: 'text/plain' },
  };
  const begin = [uploaded, ...sent(stored, 1, asked)];
  const healed: HistoryEvent = { type: 'healed' };
  const opened = (user: string, begun: number, ...files: Partial<GivenFile>[]): HistoryEvent => ({
    ...{ type: 'files', user, conversationId: ID, seq: 1, begun },
    outcome: files.length === 0 ? 'refused' : 'done',
    files: files.map((file) => ({ attachmentId: 'a1', url: 'https://s3', ...file })),
  });
  const place = { conversationId: ID, seq: 1, attachmentId: 'a1' } as const;
  const reopened: HistoryEvent = { type: 'reopened', ...place, begun: 9, isOpen: true };

  it('accepts the same bytes for members, and nothing for strangers', () => {
    const events = [opened('ann', 5, { bytes: 'bytes' }), opened('eve', 5), reopened];
    expect(violations([...begin, healed, ...events, final(stored)])).toBe('');
  });

  it('accepts that nothing is given of a recalled message', () => {
    const gone = { ...stored, content: RECALLED, rev: 1 };
    expect(
      violations([...begin, recall, opened('ann', 5), { ...reopened, isOpen: false }, final(gone)]),
    ).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], SeenMessage, string]>([
    ['a stranger gets links', [opened('eve', 5, { bytes: 'bytes' })], stored, 'eve is no member and got'],
    ['a member gets none', [healed, opened('ann', 5)], stored, 'ann is a member and did not get'],
    ['a link gives other bytes', [opened('ann', 5, { bytes: 'other' })], stored, 'other bytes of a1'],
    ['a link gives nothing', [healed, opened('ann', 5, {})], stored, 'no bytes of a1'],
    [
      'links are given after a recall',
      [recall, opened('ann', 5, { bytes: 'bytes' })],
      { ...stored, content: RECALLED, rev: 1 },
      'ann got the files of dm:ann:cid 1, which are gone',
    ],
    [
      'a link works after a recall',
      [recall, reopened],
      { ...stored, content: RECALLED, rev: 1 },
      'is gone, works',
    ],
    [
      'a link works after an erasure',
      [
        { type: 'erase', user: 'cid', begun: 3, outcome: 'done' },
        { type: 'erased', user: 'cid', left: [] },
        reopened,
      ],
      { ...stored, content: { type: 'erased' }, rev: 1 },
      'is gone, works',
    ],
    [
      'the message says another name',
      [],
      message(1, 'cid', { content: { type: 'file', attachments: [{ ...record, name: 'x' }] } }),
      'what was not asked for',
    ],
  ])('notices that %s (IM-FILE-2, IM-FILE-3, IM-FILE-4)', (_, events, last, violation) => {
    expect(violations([...begin, ...events, final(last)])).toMatch(/IM-FILE wrong-file/);
    expect(violations([...begin, ...events, final(last)])).toContain(violation);
  });
});

describe('the checker of files that the operator removes', () => {
  const recordOf = (attachmentId: string) => ({
    attachmentId,
    name: 'file.txt',
    size: 5,
    type: 'text/plain',
  });
  const stored = (...attachments: object[]) => message(1, 'cid', { content: { type: 'file', attachments } });
  const both = stored(recordOf('a1'), recordOf('a2'));
  const one = { ...stored({ ...recordOf('a1'), removed: true }, recordOf('a2')), rev: 1 };
  const begin: HistoryEvent[] = [
    ...['a1', 'a2'].map(
      (attachmentId): HistoryEvent => ({
        ...{ type: 'uploaded', user: 'cid', conversationId: ID, attachmentId, bytes: 'bytes' },
        ...{ name: 'file.txt', size: 5, mime: 'text/plain' },
      }),
    ),
    ...sent(both, 1, { type: 'file', attachments: [{ attachmentId: 'a1' }, { attachmentId: 'a2' }] }),
  ];
  const removal = (outcome: Effect): HistoryEvent => {
    return { type: 'removal', conversationId: ID, seq: 1, attachmentId: 'a1', begun: 4, outcome };
  };
  const opened = (...ids: string[]): HistoryEvent => ({
    ...{ type: 'files', user: 'ann', conversationId: ID, seq: 1, begun: 9, outcome: 'done' },
    files: ids.map((attachmentId) => ({ attachmentId, url: 'https://s3', bytes: 'bytes' })),
  });
  const reopened = (attachmentId: string, isOpen: boolean): HistoryEvent => {
    return { type: 'reopened', conversationId: ID, seq: 1, attachmentId, begun: 9, isOpen };
  };

  it('accepts that one is gone and the other is there', () => {
    const events = [
      opened('a2'),
      reopened('a1', false),
      reopened('a2', true),
      page('ann', 9, one),
      final(one),
    ];
    for (const outcome of ['done', 'unknown'] as const)
      expect(violations([...begin, removal(outcome), ...events])).toBe('');
    expect(violations([...begin, removal('refused'), opened('a1', 'a2'), final(both)])).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], string]>([
    ['history shows it', [removal('done'), final(both)], 'ann read dm:ann:cid 1 with a1, which was removed'],
    ['a page shows it', [removal('done'), page('cid', 9, both), final(one)], 'cid read dm:ann:cid 1 with a1'],
    ['nobody removed it', [removal('refused'), final(one)], 'what was not asked for'],
    ['somebody gets a link', [removal('done'), opened('a1', 'a2'), final(one)], 'ann got a link to a1'],
    ['a link works', [removal('done'), reopened('a1', true), final(one)], 'a link to a1 of dm:ann:cid 1'],
    ['the other is gone, too', [removal('done'), opened(), final(one)], '1 without a2'],
  ])('notices that %s (IM-FILE-8)', (_, events, violation) => {
    expect(violations([...begin, ...events])).toContain('IM-FILE wrong-file: ');
    expect(violations([...begin, ...events])).toContain(violation);
  });
});

describe('the checker of scans', () => {
  const record = { attachmentId: 'a1', name: 'file.txt', size: 5, type: 'text/plain' };
  const stored = message(1, 'cid', { content: { type: 'file', attachments: [record] } });
  const uploaded = (bytes: string): HistoryEvent => ({
    ...{ type: 'uploaded', user: 'cid', conversationId: ID, attachmentId: 'a1', bytes },
    ...{ name: 'file.txt', size: 5, mime: 'text/plain' },
  });
  const [attempt, ack] = sent(stored, 1, { type: 'file', attachments: [{ attachmentId: 'a1' }] }) as [
    HistoryEvent,
    HistoryEvent,
  ];
  const scan = (outcome: 'lost' | 'kept' | 'unknown', begun: number): HistoryEvent => {
    return { type: 'scan', attachmentId: 'a1', begun, outcome };
  };
  const refused: HistoryEvent = {
    ...{ type: 'settled', id: 1 },
    outcome: { is: 'refused', code: 'blocked_content' },
  };

  it.each<[string, readonly HistoryEvent[]]>([
    [
      'a file that is sent after its result',
      [uploaded('x'), attempt, scan('lost', 0), scan('kept', 2), ack, final(stored)],
    ],
    [
      'one whose result may have come',
      [uploaded('x'), attempt, scan('lost', 0), scan('unknown', 2), ack, final(stored)],
    ],
    ['one with malware that is refused', [uploaded(MALWARE), attempt, refused, final()]],
  ])('accepts %s', (_, events) => {
    expect(violations(events)).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], string]>([
    [
      'with malware is acked',
      [uploaded(MALWARE), attempt, ack, final(stored)],
      'a1 was sent, and not found clean',
    ],
    ['with malware is seen', [uploaded(MALWARE), attempt, final(stored)], 'saw a1, which has malware'],
    [
      'is acked although its result was lost',
      [uploaded('x'), scan('lost', 0), attempt, ack, scan('kept', 4), final(stored)],
      'a1 was sent, and not found clean',
    ],
  ])('notices that a file %s (IM-FILE-9)', (_, events, violation) => {
    expect(violations(events)).toContain(violation);
  });
});
