import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageItem } from '../../../lambdas/adapters/message-table.ts';
import { readChanges } from '../../../lambdas/domain/messages/changes.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { draft, findEarlier } from '../../../lambdas/domain/messages/store.ts';
import { recentStarts, volumeOf } from '../../../lambdas/domain/model/volume.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { aRequest, createWorld, NOON, type World } from '../../adapters/memory/world.ts';
import { EACH_TURN } from '../../setup/patience.ts';

const DM = 'dm:alice:bob';
const DAY_MS = 24 * 3_600_000;

let world: World;
beforeEach(() => {
  world = createWorld();
  vi.stubEnv('MESSAGES_PER_VOLUME', '4');
});
afterEach(() => vi.unstubAllEnvs());

const say = (clientMsgId: string, ports: World = world) => send(ports, 'alice', aRequest({ clientMsgId }));
async function sayTo(count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) await say(`m${n}`);
}
const seqsOf = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);
const historyOf = async () => seqsOf((await readHistory(world, 'bob', DM, { limit: 100 })).messages);

describe('a history of several volumes', () => {
  it('is read as one, in both directions, and returns whether there is more', async () => {
    await sayTo(10);
    const read = async (range: { after?: number; before?: number; limit: number }) => {
      const { messages, hasMore } = await readHistory(world, 'bob', DM, range);
      return [seqsOf(messages), hasMore];
    };
    expect(await read({ limit: 4 })).toEqual([[7, 8, 9, 10], true]);
    expect(await read({ before: 7, limit: 6 })).toEqual([[1, 2, 3, 4, 5, 6], false]);
    expect(await read({ after: 2, limit: 3 })).toEqual([[3, 4, 5], true]);
    expect(await read({ after: 2, limit: 8 })).toEqual([[3, 4, 5, 6, 7, 8, 9, 10], false]);
    expect(await read({ after: 10, limit: 8 })).toEqual([[], false]);
    expect(await read({ after: 1_000_000, limit: 8 })).toEqual([[], false]);
    expect(await read({ before: 1_000_000_000_000, limit: 2 })).toEqual([[9, 10], true]);
  });

  it('is counted as one: unread messages and mentions (IM-INV-6)', async () => {
    for (let n = 1; n <= 6; n += 1) {
      const mentions = n % 4 === 1 ? ['bob'] : undefined;
      await send(world, 'alice', { ...aRequest({ clientMsgId: `m${n}` }), ...(mentions && { mentions }) });
    }
    const { conversations } = await readConversations(world, 'bob', { limit: 10 });
    expect(conversations).toMatchObject([{ unread: 6, mentioned: 2, lastMessage: { seq: 6 } }]);
  });

  it('has its changes in one feed, by time, page by page (IM-CHANGE-2)', async () => {
    await sayTo(9);
    const alice = { userId: 'alice' };
    for (const seq of [9, 1, 5]) {
      world.advance(1_000);
      const content = { type: 'text', text: `${seq}` } as const;
      await edit(world, alice, { conversationId: DM, seq, editId: `e${seq}`, content });
    }
    world.advance(1_000);
    await recall(world, alice, { conversationId: DM, seq: 1 });
    const feed = async (sinceMs: number) =>
      seqsOf((await readChanges(world, 'bob', DM, { sinceMs })).messages);
    expect(await feed(NOON)).toEqual([9, 5, 1]);
    expect(await feed(NOON + 60_000)).toEqual([]);
    const { conversations } = await readConversations(world, 'bob', {
      limit: 10,
      changedSinceMs: NOON + 18_000,
    });
    expect(conversations).toHaveLength(1);
  });
});

describe('a repeat in another volume', () => {
  it('returns the original, marked as a repeat or not (IM-SEND-2)', async () => {
    const first = await say('m1');
    await sayTo(9);
    expect(await say('m1')).toEqual({ ...first, duplicate: true });
    const marked = await send(world, 'alice', aRequest({ clientMsgId: 'm1', resend: true }));
    expect(marked).toEqual({ ...first, duplicate: true });
    expect(await historyOf()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((seq) => seq !== 2));
  });

  it('with other content is refused (IM-SEND-2)', async () => {
    await sayTo(5);
    const other = aRequest({ clientMsgId: 'm1', content: { type: 'text', text: 'other' } });
    await expect(send(world, 'alice', other)).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });

  it('is found for 24 hours after the volume of its original has ended, and costs no read after them', async () => {
    await sayTo(5);
    world.advance(DAY_MS);
    expect(await say('m1')).toMatchObject({ seq: 1, duplicate: true });
    world.advance(61_000);
    const getMany = () => Promise.reject(new Error('a read'));
    const ports = { ...world, messages: { ...world.messages, getMany } };
    expect(await say('m1', ports)).toMatchObject({ seq: 7, duplicate: false });
  });

  it('is found by a claim for 20 s after the volume of its original has ended, and by a read from then on', async () => {
    await sayTo(5);
    const calls: string[] = [];
    const ports: World = {
      ...world,
      messages: {
        ...world.messages,
        getMany(places) {
          calls.push(`read ${places.map(({ seq }) => seq)}`);
          return world.messages.getMany(places);
        },
      },
      messageWriter: {
        ...world.messageWriter,
        claim(place) {
          calls.push(`claim ${place.seq}`);
          return world.messageWriter.claim(place);
        },
      },
    };
    world.advance(19_999);
    expect(await say('m1', ports)).toMatchObject({ seq: 1, duplicate: true });
    world.advance(1);
    expect(await say('m1', ports)).toMatchObject({ seq: 1, duplicate: true });
    expect(calls).toEqual(['claim 3', 'read 3']);
  });

  const at = (volume: number, atMs = NOON) => ({ volume, atMs });
  it.each([
    ['the first volume', { seq: 3 }, [3]],
    ['the last two', { seq: 5, starts: [at(1)] }, [5, 3]],
    ['the last three', { seq: 9, starts: [at(2), at(1)] }, [9, 7, 3]],
    ['the last, whose start was long ago', { seq: 5, starts: [at(1, NOON - 2 * DAY_MS)] }, [5]],
    ['the last two, whose start is not noted yet', { seq: 5 }, [5, 3]],
    ['the last three, of which one start is not noted yet', { seq: 9, starts: [at(1)] }, [9, 7, 3]],
  ])('that is marked as one is looked for in %s', async (_, head, expected) => {
    await sayTo(5);
    const read: number[] = [];
    const getMany: World['messages']['getMany'] = (places) => {
      read.push(...places.map(({ seq }) => seq));
      return world.messages.getMany(places);
    };
    const conversations = { head: async () => ({ atMs: NOON, ...head }) };
    const ports = { ...world, conversations, messages: { ...world.messages, getMany } };
    await findEarlier(ports, DM, draft('alice', 'm1', aRequest().content));
    expect(read).toEqual(expected);
  });

  it('claims the key of an original that is still on its way, which is then not stored in the former volume', async () => {
    await sayTo(2);
    const { promise, resolve } = Promise.withResolvers<void>();
    const putIfAbsent: World['messageWriter']['putIfAbsent'] = async (message) => {
      if (message.seq === 3) await promise;
      return world.messageWriter.putIfAbsent(message);
    };
    const late = say('late', { ...world, messageWriter: { ...world.messageWriter, putIfAbsent } });
    await vi.waitFor(async () => expect((await world.conversations.head(DM)).seq).toBe(3), EACH_TURN);
    const again = await say('late');
    expect(again).toMatchObject({ seq: 4, duplicate: false });
    resolve();
    expect(await late).toEqual({ ...again, duplicate: true });
    expect(await historyOf()).toEqual([1, 2, 4]);
  });

  it('leaves the place to the original if it dies after its claim', async () => {
    await sayTo(2);
    await world.conversations.nextSeq(DM, 'alice', 'late');
    const dies = { ...world.messageWriter, putIfAbsent: () => Promise.reject(new Error('killed')) };
    await expect(say('late', { ...world, messageWriter: dies })).rejects.toThrow('killed');
    const claimed = { conversationId: DM, from: 'alice', clientMsgId: 'late', seq: 3 };
    const { contentJson, contentHash } = draft('alice', 'late', aRequest().content);
    const original = { ...claimed, contentJson, contentHash, messageId: '0', sentAt: NOON };
    expect(await world.messageWriter.putIfAbsent(original)).toBe('claimed');
    expect(await say('late')).toMatchObject({ duplicate: false });
    expect(await say('late')).toMatchObject({ duplicate: true });
    expect(await historyOf()).toHaveLength(3);
  });
});

describe('a volume', () => {
  it('that began long ago, or before ten others, is not looked at for a repeat', () => {
    const starts = Array.from({ length: 12 }, (_, n) => ({ volume: 20 - n, atMs: NOON - n * 1_000 }));
    expect(recentStarts(starts, NOON)).toEqual(starts.slice(0, 10));
    expect(recentStarts(starts, NOON + DAY_MS + 55_000)).toEqual(starts.slice(0, 5));
  });

  it('holds 150,000 of the longest messages, with their copies in the index, in the 10 GB of an item collection', () => {
    vi.unstubAllEnvs();
    const id = 'x'.repeat(64);
    const longest = {
      conversationId: `dm:${id}:${id}`,
      from: id,
      clientMsgId: id,
      seq: Number.MAX_SAFE_INTEGER,
      messageId: 'x'.repeat(26),
      sentAt: NOON,
      contentJson: 'x'.repeat(LIMITS.maxContentBytes),
      contentHash: 'x'.repeat(64),
    };
    // Also rev, changedAt, editedAt, editId, and the summary of 20 reactions with five user ids each.
    const reactions = 20 * (5 * 67 + 32 + 50);
    const bytes = JSON.stringify(messageItem(longest, 1)).length + 300 + reactions;
    expect(volumeOf(149_999)).toBe(0);
    expect(volumeOf(150_000)).toBe(1);
    expect(150_000 * 2 * bytes).toBeLessThan(10_000_000_000);
  });
});
