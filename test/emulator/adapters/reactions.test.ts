import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  MessageReader,
  MessageWriter,
  ReactionSummary,
  StoredMessage,
} from '../../../lambdas/domain/model/message.ts';
import type { PinReader, PinWriter } from '../../../lambdas/domain/model/pin.ts';
import type { ReactionReader, ReactionWriter } from '../../../lambdas/domain/model/reaction.ts';
import { inMemoryMessages } from '../../adapters/memory/messages.ts';
import { inMemoryPins } from '../../adapters/memory/pins.ts';
import { inMemoryReactions } from '../../adapters/memory/reactions.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

interface Ports {
  readonly pins: PinReader & PinWriter;
  readonly reactions: ReactionReader & ReactionWriter;
  readonly messages: MessageReader & MessageWriter;
}

const clock = () => NOON;
const ulid = monotonicFactory();
const memory: Ports = {
  pins: inMemoryPins(),
  reactions: inMemoryReactions(),
  messages: inMemoryMessages(clock),
};
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(clock);
});
afterAll(() => tables?.stop());

const aMessage = (): StoredMessage => ({
  conversationId: `dm:a:${newName('b')}`,
  from: 'alice',
  clientMsgId: newName('c'),
  seq: 1,
  messageId: ulid(NOON),
  sentAt: NOON,
  contentJson: '{"text":"hi","type":"text"}',
  contentHash: 'h',
});

const BOB_REACTS = { by: 'bob', name: '👍', on: true, atMs: NOON } as const;

describe.each([
  ['memory', () => memory],
  ['DynamoDB', (): Ports => tables],
])('on %s, the reactions', (_, ports) => {
  async function react(
    message: StoredMessage,
    userId: string,
    name: string,
    { on = true, isLarge = false } = {},
  ) {
    const reacted = await ports().reactions.react(message, { userId, name, on, isLarge });
    if (reacted === 'full') throw new Error('full');
    return reacted;
  }
  const shown = ({ list }: ReactionSummary) => list.map(({ name, count, users }) => [name, count, ...users]);
  const ALL = { isLarge: true };

  it.each([false, true])(
    'take effect once, whatever is repeated (in a large group: %s) (IM-REACT)',
    async (isLarge) => {
      const message = aMessage();
      const first = await react(message, 'al.ice@x|y', '👍', { isLarge });
      expect(first).toMatchObject({ isChanged: true, summary: { shards: isLarge ? 16 : 1 } });
      const again = await react(message, 'al.ice@x|y', '👍', { isLarge });
      expect(again).toEqual({ ...first, isChanged: false });
      const off = await react(message, 'al.ice@x|y', '👍', { on: false, isLarge });
      expect(off).toMatchObject({ isChanged: true, summary: { list: [] } });
      expect(off.summary.version).toBeGreaterThan(first.summary.version);
      expect(await react(message, 'al.ice@x|y', '👍', { on: false, isLarge })).toEqual({
        ...off,
        isChanged: false,
      });
      expect(await react(message, 'bob', '👍', { on: false, isLarge })).toMatchObject({ isChanged: false });
    },
  );

  it('that no user has can be removed', async () => {
    const taken = await react(aMessage(), 'alice', '👍', { on: false, isLarge: true });
    expect(taken).toMatchObject({ isChanged: false, summary: { version: 0, list: [] } });
  });

  it.each([false, true])(
    'have the order of first use, and name the first five users (in a large group: %s) (IM-REACT)',
    async (isLarge) => {
      const message = aMessage();
      let reactions: ReactionSummary | undefined;
      const then = async (userId: string, name: string, on = true) => {
        const { summary } = await react({ ...message, ...(reactions && { reactions }) }, userId, name, {
          on,
          isLarge,
        });
        reactions = summary;
        return summary;
      };
      for (const user of ['f', 'e', 'd']) await then(user, '🎉');
      await then('x', '__proto__');
      for (const user of ['c', 'b', 'a']) await then(user, '🎉');
      expect(shown(await then('y', 'constructor'))).toEqual([
        ['🎉', 6, 'f', 'e', 'd', 'c', 'b'],
        ['__proto__', 1, 'x'],
        ['constructor', 1, 'y'],
      ]);
      expect(shown(await then('e', '🎉', false))[0]).toEqual(['🎉', 5, 'f', 'd', 'c', 'b', 'a']);
      expect(shown(await then('x', '__proto__', false)).map(([name]) => name)).toEqual(['🎉', 'constructor']);
    },
  );

  it.each([false, true])(
    'are at most five of a user, and twenty of a message in use (in a large group: %s) (IM-REACT)',
    async (isLarge) => {
      const message = aMessage();
      const names = Array.from({ length: 20 }, (_, n) => `n${n}`);
      for (const [n, name] of names.entries())
        await react(message, `user${Math.floor(n / 5)}`, name, { isLarge });
      const add = (userId: string, name: string) =>
        ports().reactions.react(message, { userId, name, on: true, isLarge });
      expect(await add('user0', 'n19')).toBe('full');
      expect(await add('carol', 'n20')).toBe('full');
      expect(await add('carol', 'n19')).toMatchObject({ isChanged: true });
      await react(message, 'user1', 'n7', { on: false, isLarge });
      const { summary } = await react(message, 'carol', 'n20', { isLarge });
      expect(summary.list.map(({ name }) => name)).toEqual([...names.filter((name) => name !== 'n7'), 'n20']);
      expect(await add('dora', 'n7')).toBe('full');
    },
  );

  it.each([false, true])(
    'of many users at once are all counted, and the highest version has them all (in a large group: %s) (IM-REACT)',
    async (isLarge) => {
      const message = aMessage();
      const users = Array.from({ length: 40 }, (_, n) => `user${n}`);
      const done = await Promise.all(
        users.flatMap((user, n) => [
          react(message, user, '👍', { isLarge }),
          react(message, user, n % 2 === 0 ? '🎉' : '👏', { isLarge }),
        ]),
      );
      const last = done.map(({ summary }) => summary).sort((a, b) => b.version - a.version)[0];
      const counts = new Map(last?.list.map(({ name, count }) => [name, count]));
      expect(Object.fromEntries(counts)).toEqual({ '👍': 40, '🎉': 20, '👏': 20 });
      const names = await ports().reactions.ofUser('user3', [
        { ...message, ...(last && { reactions: last }) },
      ]);
      expect([...(names.get(message.messageId) ?? [])].sort()).toEqual(['👍', '👏']);
    },
  );

  it('stay in the items of the first one, however large the group becomes', async () => {
    const message = aMessage();
    const { summary } = await react(message, 'alice', '👍');
    expect((await react(message, 'bob', '👍', ALL)).summary).toMatchObject({
      shards: 1,
      list: [{ count: 2 }],
    });
    expect((await react(message, 'bob', '👍', { on: false, isLarge: true })).summary).toMatchObject({
      list: [{ count: 1 }],
    });
    const reactions = summary;
    expect((await react({ ...message, reactions }, 'carol', '🎉', ALL)).summary.list).toHaveLength(2);
    const large = aMessage();
    await react(large, 'alice', '👍', ALL);
    expect((await react(large, 'bob', '👍')).summary).toMatchObject({ shards: 16, list: [{ count: 2 }] });
    expect((await react(large, 'bob', '👍', { on: false })).summary).toMatchObject({ list: [{ count: 1 }] });
  });

  it('of a user are read for many messages at once, and of no message whose reactions were deleted', async () => {
    const [plain, large, other] = [aMessage(), aMessage(), aMessage()];
    const ofPlain = await react(plain, 'alice', '👍');
    const ofLarge = await react(large, 'alice', '🎉', ALL);
    await react(other, 'bob', '👍');
    const all = [{ ...plain, reactions: ofPlain.summary }, { ...large, reactions: ofLarge.summary }, other];
    const found = await ports().reactions.ofUser('alice', all);
    expect(all.map(({ messageId }) => [...(found.get(messageId) ?? [])])).toEqual([['👍'], ['🎉'], []]);
    for (const message of all) await ports().reactions.forget(message);
    const after = await ports().reactions.ofUser('alice', all);
    expect(all.flatMap(({ messageId }) => [...(after.get(messageId) ?? [])])).toEqual([]);
    expect((await react(plain, 'bob', '👏')).summary).toMatchObject({ version: 1, list: [{ name: '👏' }] });
  });

  it('are shown if they are newer, and never on a recalled message (IM-REACT)', async () => {
    const { messages } = ports();
    const message = aMessage();
    const show = (version: number) =>
      messages.showReactions(
        message,
        { version, shards: 1, list: [{ name: '👍', count: version, users: ['a'] }] },
        BOB_REACTS,
      );
    expect(await show(1)).toBeUndefined();
    await messages.putIfAbsent(message);
    expect(await show(2)).toMatchObject({ isChanged: true, message: { rev: 1, reactions: { version: 2 } } });
    for (const version of [1, 2])
      expect(await show(version)).toMatchObject({
        isChanged: false,
        message: { rev: 1, reactions: { version: 2 } },
      });
    expect(await show(3)).toMatchObject({ isChanged: true, message: { rev: 2 } });
    const { by, name, on } = BOB_REACTS;
    expect((await messages.getMany([message]))[0]).toMatchObject({
      changedAt: NOON,
      change: { kind: 'reacted', by, name, on },
    });
    const edited = await messages.edit(message, {
      by: 'bob',
      editId: 'e',
      contentJson: '{"a":1}',
      atMs: NOON,
    });
    expect(edited?.message).toMatchObject({ rev: 3, reactions: { version: 3 } });
    const touched = await messages.touch(message, BOB_REACTS);
    expect(touched).toMatchObject({ isChanged: true, message: { rev: 4, reactions: { version: 3 } } });
    expect(touched?.message.change).toEqual({ kind: 'reacted', by, name, on });
    const recalled = await messages.recall(message, '{"type":"recalled","by":"a","at":1}', {
      by: 'bob',
      atMs: NOON,
    });
    expect(recalled?.message).not.toHaveProperty('reactions');
    expect(recalled?.message.change).toEqual({ kind: 'recalled', by });
    for (const late of [await show(4), await messages.touch(message, BOB_REACTS)])
      expect(late).toMatchObject({ isChanged: false, message: { rev: 5 } });
    const page = await messages.page(message.conversationId, { head: 99, limit: 9 });
    expect(page.messages).toHaveLength(1);
  });
});

it('on DynamoDB, reactions expire with their message', async () => {
  const message = aMessage();
  await tables.reactions.react(message, { userId: 'bob', name: '👍', on: true, isLarge: true });
  const items = await tables.itemsAt('Messages', `${message.conversationId}#${message.messageId}`);
  expect(items.map(({ ttl }) => ttl)).toEqual([NOON / 1_000 + 3_600, NOON / 1_000 + 3_600]);
});

describe.each([
  ['memory', () => memory],
  ['DynamoDB', (): Ports => tables],
])('on %s, the pins', (_, ports) => {
  const [first, second, third] = [1, 2, 3].map((seq) => ({ ...aMessage(), conversationId: 'x', seq })) as [
    StoredMessage,
    StoredMessage,
    StoredMessage,
  ];
  const inOne = (message: StoredMessage, conversationId: string) => ({ ...message, conversationId });

  it('are listed with the latest first, each once, and stay with their first user (IM-PIN)', async () => {
    const { pins } = ports();
    const id = `dm:${newName('a')}:${newName('b')}`;
    expect(await pins.pins(id)).toEqual({ version: 0, pins: [] });
    for (const [message, by] of [
      [second, 'a'],
      [third, 'b'],
      [first, 'c'],
    ] as const)
      expect(await pins.pin(inOne(message, id), { by, at: NOON })).toMatchObject({ isChanged: true });
    const again = await pins.pin(inOne(third, id), { by: 'x', at: 7 });
    expect(again).toEqual({ isChanged: false, state: { version: 2, pinned: { by: 'b', at: NOON } } });
    const list = await pins.pins(id);
    expect(list.pins.map(({ seq, by }) => [seq, by])).toEqual([
      [1, 'c'],
      [3, 'b'],
      [2, 'a'],
    ]);
    const { from, clientMsgId } = first;
    expect(list.pins[0]).toEqual({ conversationId: id, from, clientMsgId, seq: 1, by: 'c', at: NOON });
    expect(await pins.unpin(inOne(third, id))).toEqual({ isChanged: true, state: { version: 4 } });
    expect(await pins.unpin(inOne(third, id))).toEqual({ isChanged: false, state: { version: 4 } });
    await pins.pin(inOne(third, id), { by: 'd', at: NOON });
    expect((await pins.pins(id)).pins.map(({ seq }) => seq)).toEqual([3, 1, 2]);
  });

  it('are at most 50, also if many pin at once, and those that are dropped make room (IM-PIN)', async () => {
    const { pins } = ports();
    const id = `dm:${newName('a')}:${newName('b')}`;
    const all = Array.from({ length: 60 }, (_, n) => ({ ...aMessage(), conversationId: id, seq: n + 1 }));
    const done = await Promise.all(all.map((message) => pins.pin(message, { by: 'a', at: NOON })));
    expect(done.filter((outcome) => outcome === 'full')).toHaveLength(10);
    const { version, pins: kept } = await pins.pins(id);
    expect(kept).toHaveLength(50);
    const gone = kept.slice(0, 2).map(({ seq }) => seq);
    await pins.drop(id, gone, version - 1);
    expect((await pins.pins(id)).pins).toHaveLength(50);
    await pins.drop(id, gone, version);
    expect((await pins.pins(id)).pins).toHaveLength(48);
    const more = all.filter(({ seq }) => !kept.some((one) => one.seq === seq)).slice(0, 3);
    const again = await Promise.all(more.map((message) => pins.pin(message, { by: 'a', at: NOON })));
    expect(again.filter((outcome) => outcome === 'full')).toHaveLength(1);
    const latest = (await pins.pins(id)).pins[0]?.seq ?? 0;
    await pins.unpin({ ...aMessage(), conversationId: id, seq: latest });
    const last = { ...aMessage(), conversationId: id, seq: 99 };
    expect(await pins.pin(last, { by: 'a', at: NOON })).toMatchObject({ isChanged: true });
  });

  it('show on a message if they are newer, and never on a recalled one (IM-PIN)', async () => {
    const { messages } = ports();
    const message = aMessage();
    await messages.putIfAbsent(message);
    const pinned = { by: 'a', at: NOON };
    expect(await messages.showPin(message, { version: 2, pinned }, { by: 'bob', atMs: NOON })).toMatchObject({
      isChanged: true,
      message: { rev: 1, pin: { version: 2, pinned }, change: { kind: 'pinned', by: 'bob' } },
    });
    expect(await messages.showPin(message, { version: 2 }, { by: 'bob', atMs: NOON })).toMatchObject({
      isChanged: false,
      message: { pin: { pinned } },
    });
    const off = await messages.showPin(message, { version: 3 }, { by: 'bob', atMs: NOON });
    const change = { kind: 'unpinned', by: 'bob' };
    expect(off).toMatchObject({ isChanged: true, message: { rev: 2, pin: { version: 3 }, change } });
    expect(off?.message.pin).not.toHaveProperty('pinned');
    await messages.recall(message, '{"type":"recalled","by":"a","at":1}', { by: 'bob', atMs: NOON });
    expect(await messages.showPin(message, { version: 9, pinned }, { by: 'bob', atMs: NOON })).toMatchObject({
      isChanged: false,
    });
  });
});
