import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readStreamRow } from '../../../lambdas/adapters/stream-row.ts';
import { replay } from '../../../lambdas/domain/events/replay.ts';
import type { AttributedEvent, PublishOutcome } from '../../../lambdas/domain/model/event.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { PATIENCE_MS, retryWaitMs } from '../../../lambdas/shared/stream-retry.ts';
import { publishRecords } from '../../../lambdas/transport/stream-records.ts';
import { createWorld, NOON, storeAt, type World } from '../../adapters/memory/world.ts';

/** A topic whose answers a test chooses: by event id and attempt. */
function aTopic() {
  const published: string[] = [];
  const calls: string[][] = [];
  const topic = {
    published,
    calls,
    answer: (_id: string, _attempt: number): PublishOutcome => 'published',
    async publish(events: readonly AttributedEvent[]) {
      calls.push(events.map(({ event }) => event.id));
      return events.map(({ event }) => {
        const outcome = topic.answer(event.id, calls.length);
        if (outcome === 'published') published.push(event.id);
        return outcome;
      });
    },
  };
  return topic;
}

let now = NOON;
let topic: ReturnType<typeof aTopic>;
beforeEach(() => {
  now = NOON;
  topic = aTopic();
  vi.spyOn(logger, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const clock = () => now;
const pause = async (ms: number) => {
  now += ms;
};
const publish = (records: readonly DynamoDBRecord[]) =>
  publishRecords({ publisher: topic, readRow: readStreamRow, clock, pause }, records);

/** The record of the message with this seq, as DynamoDB Streams sends it. */
const aRecord = (
  seq: number,
  fields: Record<string, { S: string } | { N: string }> = {},
): DynamoDBRecord => ({
  eventName: 'INSERT',
  eventSourceARN: 'arn',
  dynamodb: {
    SequenceNumber: `10${seq}`,
    Keys: { pk: { S: 'dm:alice:bob#0' }, sk: { S: `alice#m${seq}` } },
    NewImage: {
      pk: { S: 'dm:alice:bob#0' },
      sk: { S: `alice#m${seq}` },
      from: { S: 'alice' },
      clientMsgId: { S: `m${seq}` },
      messageId: { S: `M${seq}` },
      seq: { N: String(seq) },
      sentAt: { N: String(NOON) },
      content: { S: '{"text":"secret","type":"text"}' },
      hash: { S: 'h' },
      ...fields,
    },
  },
});
const BROKEN = { content: { S: '{' } };
const failing = (seq: number) => ({ batchItemFailures: [{ itemIdentifier: `10${seq}` }] });
const DONE = { batchItemFailures: [] };

describe('the worker of the streams (IM-EVENT-1)', () => {
  it('publishes the events of each record, in order', async () => {
    expect(await publish([aRecord(1), aRecord(2)])).toEqual(DONE);
    expect(topic.calls).toEqual([['M1-0', 'M2-0']]);
  });

  it('has nothing to call for an empty batch', async () => {
    expect(await publish([])).toEqual(DONE);
    expect(topic.calls).toEqual([]);
  });

  it('tries again what the topic did not take, and nothing else', async () => {
    topic.answer = (id, attempt) => (id === 'M2-0' && attempt < 3 ? 'failed' : 'published');
    expect(await publish([aRecord(1), aRecord(2), aRecord(3)])).toEqual(DONE);
    expect(topic.calls).toEqual([['M1-0', 'M2-0', 'M3-0'], ['M2-0'], ['M2-0']]);
    expect(topic.published.sort()).toEqual(['M1-0', 'M2-0', 'M3-0']);
  });

  it('gives the batch back from the first record on that did not come out, once its patience ends', async () => {
    topic.answer = (id) => (id === 'M2-0' ? 'failed' : 'published');
    expect(await publish([aRecord(1), aRecord(2), aRecord(3)])).toEqual(failing(2));
    expect(now - NOON).toBeGreaterThan(PATIENCE_MS - 5_000);
    expect(now - NOON).toBeLessThanOrEqual(PATIENCE_MS);
    expect(topic.calls.length).toBeLessThan(25);
  });

  it('waits longer and longer, at least half of the time', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    topic.answer = (_, attempt) => (attempt < 4 ? 'failed' : 'published');
    await publish([aRecord(1)]);
    expect(now - NOON).toBe(100 + 200 + 400);
    expect([0, 1, 2, 9].map((attempt) => retryWaitMs(attempt, 0))).toEqual([100, 200, 400, 2_500]);
    expect([0, 9].map((attempt) => retryWaitMs(attempt, 0.999))).toEqual([200, 4_998]);
  });
});

describe('a broken record (IM-EVENT-5)', () => {
  it('ends the batch before it: what follows would be repeated', async () => {
    expect(await publish([aRecord(1), aRecord(2, BROKEN), aRecord(3)])).toEqual(failing(2));
    expect(topic.published).toEqual(['M1-0']);
    expect(now).toBe(NOON);
  });

  it('fails the batch that it begins, so that Lambda halves it until the record is alone', async () => {
    await expect(publish([aRecord(2, BROKEN), aRecord(3)])).rejects.toThrow();
    await expect(publish([aRecord(2, BROKEN)])).rejects.toThrow();
    expect(topic.calls).toEqual([]);
  });

  it('is reported behind one that the topic did not take', async () => {
    topic.answer = () => 'failed';
    expect(await publish([aRecord(1), aRecord(2, BROKEN)])).toEqual(failing(1));
  });

  it.each([
    ['no message id', { messageId: { N: '1' } }],
    ['no author', { from: { N: '1' } }],
    ['no time', { sentAt: { S: 'noon' } }],
  ] as const)('is also one with %s', async (_, fields) => {
    expect(await publish([aRecord(1), aRecord(2, fields)])).toEqual(failing(2));
  });

  it('is named in the log by its place, without its text and without users', async () => {
    await publish([aRecord(1), aRecord(2, { content: { S: 'secret' } })]);
    expect(logger.error).toHaveBeenCalledWith(
      'record not published',
      expect.objectContaining({ stream: 'arn', sequenceNumber: '102' }),
    );
    expect(JSON.stringify(vi.mocked(logger.error).mock.calls)).not.toMatch(/secret|alice/);
  });

  it('may be one that the topic refuses: it is given back at once, and fails the batch that it begins', async () => {
    topic.answer = (id) => (id === 'M2-0' ? 'refused' : 'published');
    expect(await publish([aRecord(1), aRecord(2)])).toEqual(failing(2));
    expect(now).toBe(NOON);
    await expect(publish([aRecord(2), aRecord(3)])).rejects.toThrow();
    expect(await publish([aRecord(2)])).toEqual(failing(2));
  });

  it('is alone in the end, too, if the one before it is refused', async () => {
    topic.answer = (id) => (id === 'M1-0' ? 'refused' : 'published');
    await expect(publish([aRecord(1), aRecord(2, BROKEN), aRecord(3)])).rejects.toThrow();
  });
});

describe('a replay (IM-EVENT-6)', () => {
  const conversationId = 'dm:alice:bob';
  let world: World;
  const replayed = (fromSeq: number, toSeq?: number) =>
    replay({ ...world, publisher: topic, clock, pause }, { conversationId, fromSeq, toSeq });
  const ids = new Map<number, string>();

  beforeEach(async () => {
    world = createWorld();
    for (let seq = 1; seq <= 5; seq += 1) {
      await world.conversations.nextSeq(conversationId, 'alice', `m${seq}`);
      if (seq === 1) await world.conversations.createDirect(conversationId, ['alice', 'bob']);
    }
    for (const seq of [1, 2, 4, 5]) {
      const draft = {
        from: 'alice',
        clientMsgId: `m${seq}`,
        contentJson: '{"type":"text","text":"hi"}',
        contentHash: 'h',
      };
      ids.set(seq, (await storeAt(world, conversationId, seq, draft)).messageId);
    }
  });
  const id = (seq: number, rev = 0) => `${ids.get(seq)}-${rev}`;

  it('publishes all messages again, or those from a seq on, up to another', async () => {
    expect(await replayed(1)).toEqual({ messages: 4, events: 4 });
    expect(topic.published).toEqual([1, 2, 4, 5].map((seq) => id(seq)));
    topic.published.length = 0;
    expect(await replayed(2, 4)).toEqual({ messages: 2, events: 2 });
    expect(topic.published).toEqual([id(2), id(4)]);
    expect(await replayed(9)).toEqual({ messages: 0, events: 0 });
  });

  it('publishes of a message that has changed its creation and its last change', async () => {
    const place = { conversationId, from: 'alice', clientMsgId: 'm2', seq: 2 };
    for (const atMs of [1, 2]) await world.messages.touch(place, { by: 'bob', name: '👍', on: true, atMs });
    expect(await replayed(2, 2)).toEqual({ messages: 1, events: 2 });
    expect(topic.published).toEqual([id(2), id(2, 2)]);
  });

  it('says where to go on if its time is over', async () => {
    const slow = {
      page: async (...range: Parameters<World['messages']['page']>) => {
        now += 15_000;
        const [conversation, { limit: _, ...rest }] = range;
        return world.messages.page(conversation, { ...rest, limit: 1 });
      },
    };
    const ports = { ...world, messages: slow, publisher: topic, clock, pause };
    expect(await replay(ports, { conversationId, fromSeq: 1 })).toEqual({
      messages: 2,
      events: 2,
      nextSeq: 3,
    });
  });

  it('fails if not all could be published, and for a conversation that does not exist', async () => {
    topic.answer = (eventId) => (eventId === id(2) ? 'failed' : 'published');
    await expect(replayed(1)).rejects.toMatchObject({ code: 'unavailable' });
    const request = { conversationId: 'dm:alice:zed', fromSeq: 1 };
    const ports = { ...world, publisher: topic, clock, pause };
    await expect(replay(ports, request)).rejects.toMatchObject({ code: 'not_found' });
    await expect(replay(ports, { ...request, conversationId: 'zed' })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'conversationId' }],
    });
  });
});
