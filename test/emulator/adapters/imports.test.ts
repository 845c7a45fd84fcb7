import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readChanges } from '../../../lambdas/domain/messages/changes.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { listPins } from '../../../lambdas/domain/messages/pin.ts';
import { ERASED, NO_END } from '../../../lambdas/domain/model/ban.ts';
import { UNLIMITED } from '../../../lambdas/domain/model/budget.ts';
import type { Task } from '../../../lambdas/domain/model/task.ts';
import { dyingAt } from '../../adapters/dying.ts';
import { NOON } from '../../adapters/memory/world.ts';
import {
  conversationLine,
  directLines,
  type Importing,
  type Line,
  messageLine,
  newPair,
  startImporting,
} from './importing.ts';
import { newName } from './tables.ts';

const MINUTE_MS = 60_000;
let on: Importing;
beforeAll(async () => {
  on = await startImporting();
});
afterAll(() => on?.tables.stop());

const erase = (userId: string) =>
  on.ports.routes.ban(userId, { atMs: NOON, untilMs: NO_END, reason: ERASED });

describe('an import on the tables (IM-IMPORT)', () => {
  it('is whole, and each message once, if its worker dies after any call, in pages of few lines (IM-IMPORT-5)', async () => {
    let deaths = 0;
    for (let hasDied = true; hasDied; deaths += 1) {
      const pair = newPair();
      const { a, b, id } = pair;
      const group = `g:${ulid()}`;
      const lines: Line[] = [
        { kind: 'user', userId: a, name: 'Alice' },
        conversationLine(group, 4, { group: { name: 'Rowers', admins: [a] } }),
        { kind: 'member', conversationId: group, userId: b },
        messageLine(group, 1, a),
        messageLine(group, 2, newName('gone')),
        messageLine(group, 4, b),
        { kind: 'nonsense' },
        ...directLines(pair, 2),
      ];
      const { ports, ...mortal } = dyingAt(on.ports, deaths + 1, 'after');
      // The clock is no call. After a few looks at it a page is over.
      const stop = on.tick(1_300);
      const { isDone, counts } = await on.run(lines, { ...ports, clock: on.ports.clock });
      stop();
      hasDied = mortal.hasDied();
      const where = `the worker died after call ${deaths + 1}`;
      expect(isDone, where).toBe(true);
      expect(counts['refused'], where).toBeGreaterThanOrEqual(1);
      const old = (...seqs: number[]) => seqs.map((seq) => [seq, `old ${seq}`]);
      expect([await on.shownIn(group), await on.shownIn(id)], where).toEqual([old(1, 2, 4), old(1, 2)]);
      expect(await on.listOf(b), where).toMatchObject([
        { conversationId: id, head: 2, unread: 0, lastMessage: { seq: 2 } },
        { conversationId: group, head: 4, unread: 0, lastMessage: { seq: 4 } },
      ]);
      const { group: facts } = await on.ports.conversations.head(group);
      expect(facts, where).toMatchObject({ memberCount: 2, admins: [a] });
      expect([await on.say(group, b), await on.say(id, a)], where).toEqual([5, 3]);
    }
    expect(deaths).toBeGreaterThan(50);
  }, 120_000);

  it('keeps each rule of a group, and what its messages refer to (IM-IMPORT-3)', async () => {
    const { a, b } = newPair();
    const id = `g:${ulid()}`;
    const rules = { pins: 'members', posting: 'admins', slowModeSeconds: 5 } as const;
    const group = { name: 'Rowers', admins: [a], openHistory: true, ...rules };
    const { refused } = await on.run([
      conversationLine(id, 3, { group }),
      { kind: 'member', conversationId: id, userId: b, joinedSeq: 2, readSeq: 1 },
      messageLine(id, 1, a, { mentions: 'all', rev: 2, editedAt: NOON }),
      messageLine(id, 2, a, { replyTo: 1, mentions: [b] }),
      messageLine(id, 3, b, { content: { type: 'recalled', by: b, at: NOON } }),
    ]);
    expect(refused).toEqual([]);
    expect((await on.ports.conversations.head(id)).group).toEqual({ ...group, memberCount: 2 });
    const { messages } = await on.ports.messages.page(id, { limit: 9, after: 0, head: 3 });
    expect(messages).toMatchObject([
      { seq: 1, mentions: 'all', rev: 2, editedAt: NOON },
      { seq: 2, replyTo: 1, mentions: [b] },
      { seq: 3, contentJson: expect.stringContaining('recalled') },
    ]);
    expect(await on.listOf(b)).toMatchObject([{ readSeq: 1, unread: 1, mentioned: 1 }]);
  });

  it('of seqs with holes, and of times that go back, keeps both (IM-IMPORT-3)', async () => {
    const { a, b, id } = newPair();
    const times = [3, 1, 2].map((n) => NOON - n * 1_000);
    const { refused } = await on.run([
      conversationLine(id, 1_000_000),
      messageLine(id, 7, a, { sentAt: times[0] }),
      messageLine(id, 151_000, b, { sentAt: times[1] }),
      messageLine(id, 900_000, a, { sentAt: times[2] }),
      messageLine(id, 900_001, a, { sentAt: NOON + MINUTE_MS * 60 * 24 * 365 * 100 }),
    ]);
    expect(refused).toMatchObject([{ line: 5, reason: 'sentAt is in the future' }]);
    const { messages } = await on.ports.messages.page(id, { limit: 9, after: 0, head: 1_000_000 });
    expect(messages.map(({ seq, sentAt }) => [seq, sentAt])).toEqual([
      [7, times[0]],
      [151_000, times[1]],
      [900_000, times[2]],
    ]);
    expect(await on.listOf(b)).toMatchObject([{ head: 1_000_000, lastMessage: { seq: 900_000 }, unread: 0 }]);
    expect(await on.say(id, b)).toBe(1_000_001);
  });

  it('of a conversation without a message is in no list until somebody sends, and then goes on after it', async () => {
    const { a, b, id } = newPair();
    await on.run([conversationLine(id, 5)]);
    expect(await on.listOf(a)).toEqual([]);
    expect(await on.say(id, a)).toBe(6);
    expect(await on.listOf(b)).toMatchObject([{ head: 6, unread: 1 }]);
  });

  it('in a conversation whose users have blocked each other is as in any, and they stay blocked (IM-IMPORT-7)', async () => {
    const pair = newPair();
    const { a, b, id } = pair;
    await on.tables.blocks.block(a, { userId: b, at: NOON }, 100);
    const { counts } = await on.run(directLines(pair, 2));
    expect(counts).toEqual({ conversations: 1, messages: 2 });
    expect(await on.say(id, b)).toBe('blocked');
    expect(await on.say(id, a)).toBe(3);
    expect(await on.listOf(b)).toMatchObject([{ head: 3, unread: 1, peerReadSeq: 0 }]);
  });

  it('of a group that is being deleted stops, and leaves no message and no member behind the deletion', async () => {
    const { a, b } = newPair();
    const id = `g:${ulid()}`;
    const taskId = await on.begin([
      conversationLine(id, 2, { group: { name: 'Rowers', admins: [a] } }),
      messageLine(id, 1, a),
      { kind: 'member', conversationId: id, userId: b },
      messageLine(id, 2, a),
    ]);
    const importTable = {
      ...on.ports.importTable,
      // The operator's command comes between the messages and the member.
      addMembers: async (...args: Parameters<typeof on.ports.importTable.addMembers>) => {
        await on.tables.groupDeletion.close(id);
        return on.ports.importTable.addMembers(...args);
      },
    };
    while (await on.runOnce({ ...on.ports, importTable }));
    const { counts, refused } = await on.outcomeOf(taskId);
    expect(counts).toEqual({ conversations: 1, messages: 1, refused: 2 });
    expect(refused).toMatchObject(
      [3, 4].map((line) => ({ line, reason: expect.stringContaining('deleted') })),
    );
    expect(await on.shownIn(id)).toEqual([[1, 'old 1']]);
    expect(await on.tables.groups.getMembers(id, [b])).toHaveProperty('size', 0);
    expect((await on.run([conversationLine(id, 3)])).refused).toMatchObject([
      { line: 1, reason: 'the group is being deleted' },
    ]);
  });

  it('of a member who is erased between the group and the messages keeps nothing that they said (IM-IMPORT-7)', async () => {
    const pair = newPair();
    const { a, id } = pair;
    const importTable = {
      ...on.ports.importTable,
      take: async (...args: Parameters<typeof on.ports.importTable.take>) => {
        const taken = await on.ports.importTable.take(...args);
        await erase(a);
        return taken;
      },
    };
    const { counts } = await on.run(directLines(pair, 3), { ...on.ports, importTable });
    expect(counts).toEqual({ conversations: 1, erased: 2, messages: 1 });
    expect(await on.shownIn(id)).toEqual([
      [1, 'erased'],
      [2, 'old 2'],
      [3, 'erased'],
    ]);
  });

  it('leaves the profile that its user sets meanwhile (IM-IMPORT-5)', async () => {
    const { a } = newPair();
    const profiles = {
      ...on.ports.profiles,
      profiles: async (...args: Parameters<typeof on.ports.profiles.profiles>) => {
        const found = await on.ports.profiles.profiles(...args);
        await on.tables.profiles.put(a, { name: 'by herself' });
        return found;
      },
    };
    const { counts } = await on.run([{ kind: 'user', userId: a, name: 'old' }], { ...on.ports, profiles });
    expect(await on.ports.profiles.profiles([a], false)).toMatchObject([{ name: 'by herself' }]);
    expect(counts).toEqual({ already: 1 });
  });

  it('writes nothing of a user when the look at the bans is too long ago (IM-IMPORT-7)', async () => {
    const { a, b, id } = newPair();
    const line = { kind: 'conversation', conversationId: id, lastSeq: 1 } as const;
    const taken = on.ports.importTable.take(line, newName('task'), [a, b], on.ports.clock() - 1);
    await expect(taken).rejects.toMatchObject({ code: 'unavailable' });
    expect(await on.ports.conversations.head(id)).toEqual({ seq: 0, atMs: 0 });
    const profiles = async (...args: Parameters<typeof on.ports.profiles.profiles>) => {
      on.advance(9_000);
      return on.ports.profiles.profiles(...args);
    };
    const slow = { ...on.ports, profiles: { ...on.ports.profiles, profiles } };
    await on.begin([{ kind: 'user', userId: a, name: 'Alice' }]);
    await expect(on.runOnce(slow)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await on.ports.profiles.profiles([a], false)).toEqual([]);
  });

  it('leaves what users have changed there readable, and the history not (IM-IMPORT-4)', async () => {
    const pair = newPair();
    const { a, b, id } = pair;
    await on.run(directLines(pair, 2));
    const [place] = (await on.ports.messages.page(id, { limit: 1, after: 0, head: 2 })).messages;
    if (place === undefined) throw new Error('no message');
    const atMs = on.ports.clock();
    await on.ports.conversations.markChanged(place, atMs);
    await on.tables.messages.recall(place, '{"type":"recalled"}', { by: a, atMs });
    const line = { kind: 'conversation', conversationId: id, lastSeq: 4 } as const;
    await on.ports.importTable.take(line, newName('task'), [a, b], atMs);
    const ports = { ...on.ports, reactions: on.tables.reactions, pins: on.tables.pins, budget: UNLIMITED };
    const { messages } = await readChanges(ports, b, id, { sinceMs: atMs });
    expect(messages).toMatchObject([{ seq: 1, content: { type: 'recalled' } }]);
    expect((await listPins(ports, b, id)).messages).toEqual([]);
    await expect(readHistory(ports, b, id, { limit: 9 })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('of 10,000 lines reads the file in parts, and keeps a place in it, and no more (IM-IMPORT-1)', async () => {
    const pair = newPair();
    const count = 10_000;
    const content = { type: 'text', text: 'x'.repeat(200) };
    const lines = directLines(pair, count).map((line) =>
      line.kind === 'message' ? { ...line, content } : line,
    );
    // Each of its refused lines, more than the report takes, is somewhere, too.
    const nonsense = Array.from({ length: 1_500 }, () => ({ kind: 'nonsense' }));
    const reads: number[] = [];
    const read = async (importId: string, offset: number, length: number) => {
      const part = await on.ports.importFiles.read(importId, offset, length);
      reads.push(part?.length ?? 0);
      return part;
    };
    const states: number[] = [];
    const save = async (task: Task) => {
      states.push(JSON.stringify(task).length);
      return on.ports.taskWriter.save(task);
    };
    const taskId = await on.begin([...lines, ...nonsense], { dryRun: true });
    const taskWriter = { ...on.ports.taskWriter, save };
    const importFiles = { ...on.ports.importFiles, read };
    while (await on.runOnce({ ...on.ports, taskWriter, importFiles }));
    const { counts, refused } = await on.outcomeOf(taskId);
    expect(counts).toEqual({ conversations: 1, messages: count, refused: 1_500 });
    expect(refused).toHaveLength(1_000);
    expect(refused.at(-1)).toMatchObject({ line: count + 1 + 1_000 });
    expect(Math.max(...reads)).toBe(512 * 1_024);
    expect(reads.length).toBeGreaterThan(5);
    expect(Math.max(...states)).toBeLessThan(1_000);
  });
});
