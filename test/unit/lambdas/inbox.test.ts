import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  fillPage,
  firstEntries,
  inOrder,
  pageBytesFor,
  toInboxPage,
} from '../../../lambdas/domain/delivery/inbox.ts';
import { draft } from '../../../lambdas/domain/messages/store.ts';
import type { StoredMessage } from '../../../lambdas/domain/model/message.ts';
import { referenceTo } from '../../../lambdas/domain/model/reference.ts';
import { encodeCursor } from '../../../lambdas/shared/cursor.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { createWorld, storeAt, type World } from '../../adapters/memory/world.ts';

async function receive(world: World, seq: number, text: string): Promise<void> {
  world.advance(1);
  const message = await storeAt(
    world,
    'dm:alice:bob',
    seq,
    draft('alice', `c${seq}`, { type: 'text', text }),
  );
  await world.inboxWriter.put([{ userId: 'bob', reference: referenceTo(message) }]);
}

const page = async (world: World) => fillPage(world, 'bob', await firstEntries(world, 'bob'));

describe('an inbox page', () => {
  it('has batch null if it is the last one', async () => {
    expect(toInboxPage('bob', await page(createWorld()))).toEqual({ messages: [], batch: null, more: false });
  });

  it('holds at most 50 messages, oldest first (IM-HELLO-1)', async () => {
    const world = createWorld();
    for (let seq = 1; seq <= 51; seq += 1) await receive(world, seq, 'hi');
    const first = await page(world);
    expect(first.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(first.more).toBe(true);
    await world.inbox.remove('bob', first.messageIds);
    expect(await page(world)).toMatchObject({ messages: [{ seq: 51 }], more: false });
  });

  it('fits into a frame of 28 KB, and always makes progress (IM-HELLO-1)', async () => {
    const world = createWorld();
    for (let seq = 1; seq <= 6; seq += 1) await receive(world, seq, 'x'.repeat(seq <= 3 ? 16_000 : 6_000));
    const sizes: number[] = [];
    for (let read = await page(world); read.messages.length > 0; read = await page(world)) {
      const frame = JSON.stringify({ type: 'inbox', id: 'i'.repeat(64), ...toInboxPage('bob', read) });
      expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(LIMITS.inboxPageBytes);
      sizes.push(read.messages.length);
      await world.inbox.remove('bob', read.messageIds);
    }
    expect(sizes).toEqual([1, 1, 2, 2]);
  });

  it('takes all messages that fit to the byte, at least one, and returns whether more are left (IM-HELLO-1)', async () => {
    const world = createWorld();
    for (const seq of [1, 2, 3]) await receive(world, seq, 'hi');
    const read = await firstEntries(world, 'bob');
    const bytes = read.references.reduce((sum, reference) => sum + reference.bytes + 1, 3 * 1024);
    const fill = async (maxBytes: number) => {
      const { messages, more } = await fillPage(world, 'bob', read, maxBytes);
      return [messages.length, more];
    };
    expect(await fill(bytes)).toEqual([3, false]);
    expect(await fill(bytes - 1)).toEqual([2, true]);
    expect(await fill(0)).toEqual([1, true]);
  });

  it('may fill the frame of a session that reads JSON, and three quarters of one in Protobuf (IM-HELLO-1, IM-PB)', () => {
    expect(pageBytesFor({})).toBe(LIMITS.inboxPageBytes);
    expect(pageBytesFor({ encoding: 'protobuf' })).toBe((LIMITS.inboxPageBytes * 3) / 4);
  });

  it('skips entries whose message has expired, and removes them', async () => {
    const world = createWorld();
    await receive(world, 1, 'hi');
    const [entry] = (await world.inbox.first('bob', 1)).references;
    if (entry === undefined) throw new Error('no entry');
    await world.inboxWriter.put([
      { userId: 'bob', reference: { ...entry, messageId: '0'.repeat(26), clientMsgId: 'gone' } },
    ]);
    await world.inbox.remove('bob', [entry.messageId]);
    expect(await page(world)).toMatchObject({ messages: [] });
    expect((await world.inbox.first('bob', 1)).references).toEqual([]);
  });

  it('has a batch that only its user can acknowledge, and only once (IM-HELLO-2)', async () => {
    const world = createWorld();
    await receive(world, 1, 'hi');
    const { messageIds, ...rest } = await page(world);
    const { batch } = toInboxPage('bob', { messageIds, ...rest });
    expect(decodeBatch('bob', batch ?? '')).toEqual(messageIds);
    const invalid = expect.objectContaining({ code: 'invalid_request' });
    expect(() => decodeBatch('alice', batch ?? '')).toThrow(invalid);
    expect(() => decodeBatch('bob', encodeCursor('bob', ['not a key']))).toThrow(invalid);
    expect(() => decodeBatch('bob', encodeCursor('bob', []))).toThrow(invalid);
  });

  it('has a batch of 1 to 50 message ids, each counted once (IM-HELLO-2)', () => {
    const ids = Array.from({ length: 51 }, (_, n) => `01BX5ZZKBKACTAV9WEVGEMMV${n + 10}`);
    const decode = (...of: string[]) => decodeBatch('bob', encodeCursor('bob', of));
    const [id = ''] = ids;
    expect(decode(...ids.slice(1))).toEqual(ids.slice(1));
    expect(decode(id, id)).toEqual([id]);
    const issues = [expect.objectContaining({ path: 'batch' })];
    for (const wrong of [ids, [`${id}0`], [`0${id}`], [id.slice(1)], [id.toLowerCase()], [id, '']])
      expect(() => decode(...wrong)).toThrow(expect.objectContaining({ code: 'invalid_request', issues }));
  });
});

describe('the order within a page', () => {
  const message = fc.record({
    conversationId: fc.constantFrom('dm:a:b', 'dm:b:c'),
    seq: fc.integer({ min: 1, max: 99 }),
    sentAt: fc.integer({ min: 0, max: 20 }),
  });

  it("is by seq within a conversation, whatever the servers' clocks (IM-HELLO-1, IM-FAULT-12)", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(message, { selector: ({ conversationId, seq }) => conversationId + seq }),
        (parts) => {
          const ordered = inOrder(parts as unknown as StoredMessage[]);
          expect(ordered).toHaveLength(parts.length);
          for (const id of ['dm:a:b', 'dm:b:c']) {
            const seqs = ordered.filter(({ conversationId }) => conversationId === id).map(({ seq }) => seq);
            expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
          }
        },
      ),
    );
  });

  it('is by time across conversations', () => {
    const parts = [
      { conversationId: 'dm:b:c', seq: 1, sentAt: 2 },
      { conversationId: 'dm:a:b', seq: 9, sentAt: 3 },
      { conversationId: 'dm:b:c', seq: 2, sentAt: 4 },
      { conversationId: 'dm:b:c', seq: 3, sentAt: 5 },
    ];
    for (const read of [parts, parts.toReversed()])
      expect(inOrder(read as unknown as StoredMessage[])).toEqual(parts);
  });

  it('is by conversation where the times are equal, however the messages were read', () => {
    const parts = ['dm:a:b', 'dm:b:c'].flatMap((conversationId) =>
      [1, 2].map((seq) => ({ conversationId, seq, sentAt: 0 })),
    );
    const [a1, a2, b1, b2] = parts;
    for (const read of [parts, parts.toReversed(), [b2, a1, b1, a2], [a2, b1, a1, b2]])
      expect(inOrder(read as unknown as StoredMessage[])).toEqual(parts);
  });
});
