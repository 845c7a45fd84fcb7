import { describe, expect, it } from 'vitest';
import { withoutUser } from '../../../lambdas/domain/archive/without-user.ts';
import type { ArchivedMessage } from '../../../lambdas/domain/model/archive.ts';
import { eraseArchive } from '../../../lambdas/domain/tasks/erase-archive.ts';
import { inMemoryArchive } from '../../adapters/memory/archive.ts';

const message = (overrides: Partial<ArchivedMessage> = {}): ArchivedMessage => ({
  conversationId: 'dm:alice:bob',
  seq: 1,
  messageId: '01M8G7ARJY6D0DFS71487R2K1F',
  clientMsgId: 'c1',
  from: 'alice',
  content: { type: 'text', text: 'secret of alice' },
  sentAt: 1,
  rev: 0,
  ...overrides,
});
const system = (more: object) => ({ type: 'system', by: 'alice', ...more }) as ArchivedMessage['content'];
const erasing = (archived: object, userId = 'alice') => {
  const line = withoutUser(JSON.stringify(archived), userId);
  return line === undefined ? undefined : JSON.parse(line);
};

describe('a line of the archive (IM-ERASE-4)', () => {
  it('loses what the user has written, and all that hangs on it', () => {
    const { content, ...rest } = message();
    const more = { replyTo: 7, mentions: ['bob'], editedAt: 2, reactions: [{ name: '👍', count: 1 }] };
    expect(erasing({ ...rest, content, ...more })).toEqual({ ...rest, content: { type: 'erased' } });
    for (const other of [
      { type: 'custom', data: { a: 1 } },
      { type: 'recalled', by: 'alice', at: 2 },
    ] as const)
      expect(erasing(message({ content: other }))).toMatchObject({ content: { type: 'erased' } });
  });

  it('of a system message loses what the user has typed, and keeps what happened', () => {
    const names = [
      system({ event: 'created', users: ['bob'], name: 'boats' }),
      system({ event: 'opened', name: 'parcel' }),
    ];
    for (const content of names) {
      const { name: _, ...kept } = content as unknown as Record<string, unknown>;
      expect(erasing(message({ content }))).toEqual({ ...message(), content: kept });
    }
    expect(erasing(message({ content: system({ event: 'posting', name: 'admins' }) }))).toBeUndefined();
  });

  it("of another user's message loses the user's reaction, and no other", () => {
    const reactions = [
      { name: '👍', count: 7, users: ['alice', 'bob'] },
      { name: '🛶', count: 1, users: ['alice'] },
      { name: '🎉', count: 1, users: ['carol'] },
    ];
    expect(erasing(message({ from: 'bob', reactions }))).toEqual(
      message({
        from: 'bob',
        reactions: [
          { name: '👍', count: 6, users: ['bob'] },
          { name: '🎉', count: 1, users: ['carol'] },
        ],
      }),
    );
  });

  it('that was no message any more keeps its keys', () => {
    const row = { pk: { S: 'dm:alice:bob#0' }, sk: { S: 'alice#c1' }, content: { S: 'secret' } };
    expect(erasing({ row })).toEqual({ row: { pk: row.pk, sk: row.sk } });
    expect(erasing({ row }, 'bob')).toBeUndefined();
  });

  it.each([
    ['of others', message({ from: 'bob', content: { type: 'text', text: 'hello alice' } })],
    ['of a user whose id begins like this one', message({ from: 'alice2' })],
    ['that are erased', message({ content: { type: 'erased' } })],
  ])('stays as it is if it has only messages %s', (_, archived) => {
    expect(erasing(archived)).toBeUndefined();
  });
});

describe('the erasure of an archive (IM-ERASE-4)', () => {
  const line = (from: string, seq: number) => JSON.stringify(message({ from, seq }));

  it('replaces only objects with something of the user, page by page', async () => {
    const archiveEditor = inMemoryArchive();
    const keys = Array.from({ length: 45 }, (_, index) => `messages/${String(index).padStart(3, '0')}`);
    for (const key of keys) archiveEditor.objects.set(key, [line('bob', 1)]);
    for (const key of [keys[0], keys[19], keys[44]])
      archiveEditor.objects.set(String(key), [line('bob', 1), line('alice', 2), line('alice', 3)]);
    const replaced: string[] = [];
    const replace: typeof archiveEditor.replace = (key, lines) => {
      replaced.push(key);
      return archiveEditor.replace(key, lines);
    };
    const run = (cursor?: Record<string, unknown>) =>
      eraseArchive.run(
        { archiveEditor: { ...archiveEditor, replace } },
        { userId: 'alice' } as never,
        cursor,
      );
    // The archive's worker gathers batches for five minutes.
    expect(await run()).toEqual({ next: {}, waitSeconds: 600 });
    expect(await run({})).toEqual({ next: { after: keys[19] }, counts: { archived: 4 } });
    expect(await run({ after: keys[19] })).toEqual({ next: { after: keys[39] } });
    expect(await run({ after: keys[39] })).toEqual({ counts: { archived: 2 } });
    expect(replaced).toEqual([keys[0], keys[19], keys[44]]);
    const left = [...archiveEditor.objects.values()].flat().map((each) => JSON.parse(each));
    expect(left.filter(({ from, content }) => from === 'alice' && content.type !== 'erased')).toEqual([]);
    expect(await run({})).toEqual({ next: { after: keys[19] } });
  });

  it('has nothing to do in a deployment without an archive', async () => {
    expect(await eraseArchive.run({ archiveEditor: undefined }, {} as never, undefined)).toEqual({});
  });
});
