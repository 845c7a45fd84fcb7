import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlockReader, BlockWriter } from '../../../lambdas/domain/model/block.ts';
import type { ConversationReader, ConversationWriter } from '../../../lambdas/domain/model/conversation.ts';
import { directConversationId } from '../../../protocol/ids.ts';
import { inMemoryConversations } from '../../adapters/memory/conversations.ts';
import { inMemoryMessages } from '../../adapters/memory/messages.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

interface Ports {
  readonly conversations: ConversationReader & ConversationWriter;
  readonly blocks: BlockReader & BlockWriter;
}

const clock = () => NOON;
const memoryConversations = inMemoryConversations(inMemoryMessages(clock), clock);
const memory: Ports = { conversations: memoryConversations, blocks: memoryConversations };
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(clock);
});
afterAll(() => tables?.stop());

const newPair = (): [string, string] => [newName('a'), newName('b')];

describe('on DynamoDB, a report (IM-REPORT-1)', () => {
  it('is kept once under the day of the first one, with the message as it was then', async () => {
    const [reporter, from] = newPair();
    const conversationId = directConversationId(reporter, from);
    const message = {
      ...{ conversationId, from, clientMsgId: 'c', seq: 3, messageId: 'M', sentAt: NOON - 5 },
      ...{ contentJson: '{"text":"spam","type":"text"}', contentHash: 'secret hash' },
    };
    const dayMs = 86_400_000;
    const report = { reporter, message, reason: 'Spam', atMs: NOON };
    const own = async (day: string) =>
      (await tables.reports.ofDay(day)).filter((item) => item['reporter'] === reporter);
    expect(await tables.reports.keep(report)).toBe('2026-11-21');
    const later = { ...message, contentJson: '{"type":"recalled","by":"x","at":1}' };
    const again = { reporter, message: later, reason: 'Again', atMs: NOON + dayMs };
    expect(await tables.reports.keep(again)).toBe('2026-11-21');
    expect(await own('2026-11-22')).toEqual([]);
    const [item, ...more] = await own('2026-11-21');
    expect(more).toEqual([]);
    expect(item).toMatchObject({ conversationId, seq: 3, from, reason: 'Spam', at: NOON });
    const ttl = (NOON + 90 * dayMs) / 1000;
    expect(item?.['ttl']).toBe(ttl);
    expect(await tables.itemsAt('Conversations', `reported#${reporter}`)).toMatchObject([{ at: NOON, ttl }]);
    expect(JSON.parse(item?.['message'])).toMatchObject({ seq: 3, content: { text: 'spam' } });
    expect(item?.['message']).not.toContain('secret hash');
    await tables.reports.keep({ ...report, reporter: from });
    expect((await tables.reports.ofDay('2026-11-21')).filter((one) => one['from'] === from)).toHaveLength(2);
  });
});

describe.each([
  ['memory', () => memory],
  ['DynamoDB', (): Ports => tables],
])('on %s, a block (IM-BLOCK-1)', (_, ports) => {
  const blocks = () => ports().blocks;
  const block = (userId: string, peer: string, at = NOON, maximum = 10) =>
    blocks().block(userId, { userId: peer, at }, maximum);

  it('refuses a seq to the blocked user, and none to the other one, before and after the first message', async () => {
    const { conversations } = ports();
    const [me, peer] = newPair();
    const id = directConversationId(me, peer);
    expect(await block(me, peer)).toBe(true);
    expect(await conversations.nextSeq(id, peer, 'c')).toEqual({ refused: 'blocked' });
    expect(await conversations.nextSeq(id, me, 'c')).toEqual({ refused: 'missing' });
    expect(await conversations.head(id)).toEqual({ seq: 0, atMs: 0, blockedBy: [me] });
    expect((await conversations.memberships(me, { limit: 10 })).memberships).toEqual([]);
    await conversations.createDirect(id, [me, peer]);
    expect(await conversations.nextSeq(id, peer, 'c')).toEqual({ refused: 'blocked' });
    expect(await conversations.nextSeq(id, me, 'c')).toMatchObject({ seq: 1 });
    expect(await conversations.head(id)).toMatchObject({ seq: 1, blockedBy: [me] });
    await blocks().unblock(me, peer);
    expect(await conversations.nextSeq(id, peer, 'c')).toMatchObject({ seq: 2 });
    expect((await conversations.head(id)).blockedBy).toBeUndefined();
  });

  it('refuses the mark of a change to the blocked user, and to nobody else', async () => {
    const { conversations } = ports();
    const [me, peer] = newPair();
    const id = directConversationId(me, peer);
    await conversations.createDirect(id, [me, peer]);
    const mark = (atMs: number, by?: string) =>
      conversations.markChanged({ conversationId: id, seq: 1 }, atMs, by);
    const markedAt = async () => (await conversations.head(id)).changes?.get(0);
    expect(await mark(NOON, peer)).toBe(true);
    expect(await mark(NOON - 1, peer)).toBe(true);
    await block(me, peer);
    expect(await mark(NOON + 1, peer)).toBe(false);
    expect(await mark(NOON - 1, peer)).toBe(false);
    expect(await markedAt()).toBe(NOON);
    expect(await mark(NOON + 2, me)).toBe(true);
    await block(peer, me);
    expect(await mark(NOON + 3)).toBe(true);
    expect(await markedAt()).toBe(NOON + 3);
  });

  it('leaves a conversation that a first message can create once it is lifted', async () => {
    const { conversations } = ports();
    const [me, peer] = newPair();
    const id = directConversationId(me, peer);
    await block(me, peer);
    await blocks().unblock(me, peer);
    expect(await conversations.nextSeq(id, peer, 'c')).toEqual({ refused: 'missing' });
    await conversations.createDirect(id, [me, peer]);
    await conversations.createDirect(id, [me, peer]);
    expect(await conversations.nextSeq(id, peer, 'c')).toMatchObject({ seq: 1 });
  });

  it('of both users refuses both, until each has lifted their own', async () => {
    const { conversations } = ports();
    const [me, peer] = newPair();
    const id = directConversationId(me, peer);
    await conversations.createDirect(id, [me, peer]);
    await Promise.all([block(me, peer), block(peer, me)]);
    const both = async () => [
      (await conversations.nextSeq(id, me, 'c')).seq,
      (await conversations.nextSeq(id, peer, 'c')).seq,
    ];
    expect(await both()).toEqual([undefined, undefined]);
    await blocks().unblock(me, peer);
    expect(await both()).toEqual([undefined, 1]);
    await blocks().unblock(peer, me);
    expect(await both()).toEqual([2, 3]);
  });

  it('is listed with its first time, page by page, and is gone when it was lifted, however often', async () => {
    const me = newName('me');
    const peers = ['c', 'a', 'b'].map(newName);
    const [c = '', a = '', b = ''] = peers;
    for (const [index, peer] of peers.entries()) {
      await block(me, peer, NOON + index);
      await block(me, peer, NOON + 10);
    }
    const first = await blocks().blocks(me, { limit: 2 });
    expect(first).toEqual([
      { userId: a, at: NOON + 1 },
      { userId: b, at: NOON + 2 },
    ]);
    expect(await blocks().blocks(me, { after: b, limit: 2 })).toEqual([{ userId: c, at: NOON }]);
    await blocks().unblock(me, a);
    await blocks().unblock(me, a);
    expect((await blocks().blocks(me, { limit: 5 })).map(({ userId }) => userId)).toEqual([b, c]);
    expect(await blocks().blocks(a, { limit: 5 })).toEqual([]);
  });

  it('is found among pairs, in its direction alone', async () => {
    const [me = '', peer = '', other = ''] = ['me', 'peer', 'other'].map(newName);
    await block(me, peer);
    await block(other, peer);
    const pairs = [
      { userId: me, peer },
      { userId: peer, peer: me },
      { userId: me, peer: other },
      { userId: other, peer },
    ];
    const found = await blocks().blocked(pairs);
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([pairs[0], pairs[3]]));
  });

  it('is refused above the limit, where those that exist may be repeated and lifted', async () => {
    const me = newName('me');
    const blockOfTwo = (peer: string) => block(me, peer, NOON, 2);
    expect(await blockOfTwo('x')).toBe(true);
    expect(await blockOfTwo('y')).toBe(true);
    expect(await blockOfTwo('z')).toBe(false);
    expect(await blockOfTwo('x')).toBe(true);
    expect(await blocks().blocks(me, { limit: 5 })).toHaveLength(2);
    expect((await ports().conversations.head(directConversationId(me, 'z'))).blockedBy).toBeUndefined();
    await blocks().unblock(me, 'y');
    await blocks().unblock(me, 'y');
    expect(await blockOfTwo('z')).toBe(true);
    expect(await blockOfTwo('y')).toBe(false);
  });
});
