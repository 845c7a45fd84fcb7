import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageItem } from '../../../lambdas/adapters/message-table.ts';
import { readStreamRow } from '../../../lambdas/adapters/stream-row.ts';
import { type ArchiveRange, inOrder, readArchive } from '../../../lambdas/domain/archive/read-archive.ts';
import type { ArchiveBatch, ArchivedMessage } from '../../../lambdas/domain/model/archive.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { archiveRecords } from '../../../lambdas/transport/archive-records.ts';

const DYNAMODB = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

let batches: ArchiveBatch[] = [];
let isDown = false;
const archive = {
  async put(batch: ArchiveBatch) {
    if (isDown) throw Object.assign(new Error('Please reduce your request rate.'), { name: 'SlowDown' });
    batches.push(batch);
  },
};
beforeEach(() => {
  batches = [];
  isDown = false;
  vi.spyOn(logger, 'error').mockImplementation(() => {});
  vi.spyOn(logger, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const run = (...records: DynamoDBRecord[]) => archiveRecords({ archive, readRow: readStreamRow }, records);
const linesOf = (batch: ArchiveBatch | undefined) => (batch?.lines ?? []).map((line) => JSON.parse(line));

const image = (seq: number, more: object = {}) => ({
  pk: { S: 'dm:alice:bob#0' },
  sk: { S: `alice#m${seq}` },
  seq: { N: String(seq) },
  messageId: { S: `id-${seq}` },
  from: { S: 'alice' },
  clientMsgId: { S: `m${seq}` },
  sentAt: { N: '1764000000000' },
  content: { S: '{"type":"text","text":"hi"}' },
  hash: { S: 'h' },
  ttl: { N: '1764100000' },
  ...more,
});

/** The record of an expiry, as DynamoDB Streams sends it. */
const expired = (seq: number, more: Partial<DynamoDBRecord> = {}, OldImage: object = image(seq)) =>
  ({
    eventID: `event-${seq}`,
    eventName: 'REMOVE',
    userIdentity: DYNAMODB,
    ...more,
    dynamodb: {
      SequenceNumber: `10${seq}`,
      ApproximateCreationDateTime: 1_764_200_000 + seq,
      OldImage,
      ...more.dynamodb,
    },
  }) as DynamoDBRecord;

describe('a batch of expiries', () => {
  it('is one object, named by its records and the time of the first, with a line a message (IM-ARCHIVE-1)', async () => {
    expect(await run(expired(1), expired(2))).toEqual({ batchItemFailures: [] });
    expect(batches).toHaveLength(1);
    expect(batches[0]).toMatchObject({
      deletedAtMs: 1_764_200_001_000,
      id: expect.stringMatching(/^101-[0-9a-f]{16}$/),
    });
    expect(linesOf(batches[0])).toEqual(
      [1, 2].map((seq) => ({
        conversationId: 'dm:alice:bob',
        seq,
        messageId: `id-${seq}`,
        clientMsgId: `m${seq}`,
        from: 'alice',
        content: { type: 'text', text: 'hi' },
        sentAt: 1_764_000_000_000,
        rev: 0,
      })),
    );
  });

  it('has the name of its repeat, and not that of a part of it, or of another with the same first record (IM-ARCHIVE-1)', async () => {
    await run(expired(1), expired(2));
    await run(expired(1), expired(2));
    await run(expired(1));
    await run(expired(1), expired(3));
    const [first, second, part, other] = batches.map(({ id }) => id);
    expect(second).toBe(first);
    expect(part).not.toBe(first);
    expect(other).not.toBe(first);
  });

  it('is repeated whole if S3 does not take it: its first record is the one that failed (IM-ARCHIVE-1)', async () => {
    isDown = true;
    const claim = expired(1, {}, { claim: { BOOL: true } });
    expect(await run(claim, expired(2), expired(3))).toEqual({
      batchItemFailures: [{ itemIdentifier: '101' }],
    });
    expect(logger.error).toHaveBeenCalledExactlyOnceWith(
      'messages not archived',
      expect.objectContaining({ count: 2, sequenceNumber: '102' }),
    );
  });

  it('keeps a row that is no message any more as it was, and the messages beside it (IM-ARCHIVE-1)', async () => {
    const broken = image(1, { content: { S: 'a secret, and no JSON' } });
    expect(await run(expired(1, {}, broken), expired(2))).toEqual({ batchItemFailures: [] });
    expect(linesOf(batches[0])).toEqual([{ row: broken }, expect.objectContaining({ seq: 2 })]);
    // Without the error, which quotes the text.
    expect(logger.warn).toHaveBeenCalledExactlyOnceWith('broken row archived', { sequenceNumber: '101' });
  });

  it('names who reacted first, and when the message last changed (IM-ARCHIVE-2)', async () => {
    const list = [{ M: { name: { S: '👍' }, count: { N: '2' }, users: { L: [{ S: 'bob' }] } } }];
    const reactions = { M: { version: { N: '2' }, shards: { N: '1' }, list: { L: list } } };
    await run(expired(1, {}, image(1, { rev: { N: '2' }, changedAt: { N: '1764000001000' }, reactions })));
    expect(linesOf(batches[0])).toMatchObject([
      { rev: 2, changedAt: 1_764_000_001_000, reactions: [{ name: '👍', count: 2, users: ['bob'] }] },
    ]);
  });
});

describe('whatever a filter lets through', () => {
  const { userIdentity: _, ...deletion } = expired(1);
  it.each<[string, DynamoDBRecord]>([
    ['a message that a user deletes', deletion],
    [
      'the deletion by another service',
      expired(1, { userIdentity: { type: 'Service', principalId: 'other' } }),
    ],
    [
      'a new message',
      { eventName: 'INSERT', dynamodb: { SequenceNumber: '101', NewImage: image(1) } } as DynamoDBRecord,
    ],
    [
      'the deletion by a user with the name of the service',
      expired(1, { userIdentity: { type: 'User', principalId: 'dynamodb.amazonaws.com' } }),
    ],
    ['a claim that expires', expired(1, {}, { claim: { BOOL: true } })],
    ['a new message', expired(1, { eventName: 'INSERT' })],
    ['a change of a message', expired(1, { eventName: 'MODIFY', dynamodb: { NewImage: image(1) } })],
  ])('%s is not archived (IM-ARCHIVE-2)', async (_, record) => {
    expect(await run(record)).toEqual({ batchItemFailures: [] });
    expect(batches).toEqual([]);
  });

  it('a message that another one replaces is archived: it had expired (IM-ARCHIVE-1)', async () => {
    const NewImage = image(9);
    await run(expired(1, { eventName: 'MODIFY', dynamodb: { NewImage } }));
    expect(linesOf(batches[0])).toMatchObject([{ seq: 1, messageId: 'id-1' }]);
  });
});

it('a message has no expiry without a retention (IM-ARCHIVE-4)', () => {
  const message = readStreamRow(image(1));
  if (message.kind !== 'message') throw new Error('The row is no message.');
  expect(messageItem(message.message, 0)).not.toHaveProperty('ttl');
  expect(messageItem(message.message, 86_400)).toHaveProperty('ttl', 1_764_086_400);
});

describe('reading the archive', () => {
  const message = (seq: number, more: Partial<ArchivedMessage> = {}) => ({
    conversationId: 'dm:alice:bob',
    seq,
    messageId: `id-${seq}`,
    sentAt: 1_000 * seq,
    ...more,
  });
  const asked: number[] = [];
  async function read(lines: readonly object[], range: ArchiveRange = {}): Promise<ArchivedMessage[]> {
    const reader = {
      async *lines(fromMs: number) {
        asked.push(fromMs);
        yield* lines.map((line) => JSON.stringify(line));
      },
    };
    const found: ArchivedMessage[] = [];
    for await (const one of readArchive(reader, range)) found.push(one);
    return found;
  }

  it('finds each message once, and leaves out what is none (IM-ARCHIVE-3)', async () => {
    const lines = [message(2), { row: {} }, message(1), message(2)];
    expect((await read(lines)).map(({ seq }) => seq)).toEqual([2, 1]);
  });

  it('finds those of a conversation and of a time, and no object before that time (IM-ARCHIVE-3)', async () => {
    const lines = [message(1), message(2), message(3), message(4, { conversationId: 'g:1', messageId: 'x' })];
    expect((await read(lines, { fromMs: 2_000, toMs: 3_000 })).map(({ seq }) => seq)).toEqual([2]);
    expect(asked.at(-1)).toBe(2_000);
    expect((await read(lines, { conversationId: 'g:1' })).map(({ seq }) => seq)).toEqual([4]);
  });

  it('is in order by conversation and seq (IM-ARCHIVE-3)', async () => {
    const lines = [message(10), message(9), message(1, { conversationId: 'cs:1', messageId: 'x' })];
    expect(inOrder(await read(lines)).map(({ seq }) => seq)).toEqual([1, 9, 10]);
  });
});
