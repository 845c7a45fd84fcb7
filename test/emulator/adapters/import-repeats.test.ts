import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportTable } from '../../../lambdas/domain/model/import.ts';
import type { Task } from '../../../lambdas/domain/model/task.ts';
import { Death } from '../../adapters/dying.ts';
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

const historyOf = async (conversationId: string) =>
  (await on.ports.messages.page(conversationId, { limit: 100, after: 0, head: 1_000 })).messages;

describe('an import (IM-IMPORT)', () => {
  describe('whose worker is lost', () => {
    /** A task that holds a conversation of three messages, of which it has written one, and has no job any more. */
    async function lost({ isSaved = false } = {}) {
      const pair = newPair();
      const { a, id } = pair;
      await on.begin([conversationLine(id, 3), messageLine(id, 1, a), messageLine(id, 2, pair.b)]);
      let puts = 0;
      const importTable = {
        ...on.ports.importTable,
        put: async (message: Parameters<typeof on.ports.importTable.put>[0]) => {
          puts += 1;
          if (puts > 1) throw new Death();
          return on.ports.importTable.put(message);
        },
      };
      // A saved one has a page for each line.
      const stop = isSaved ? on.tick(5_000) : () => undefined;
      do await on.runOnce({ ...on.ports, importTable });
      while (puts < 2);
      stop();
      const [job] = on.ports.taskQueue.jobs.splice(0);
      expect(await on.shownIn(id)).toHaveLength(1);
      return { ...pair, job };
    }

    it('gives its conversation to another import after a quarter of an hour, which waits 15 s first (IM-IMPORT-4)', async () => {
      const pair = await lost();
      const { a, id } = pair;
      on.advance(15 * MINUTE_MS);
      const early = await on.run(directLines(pair, 3));
      expect(early.refused[0]).toMatchObject({ reason: expect.stringContaining('another import') });
      expect(await on.say(id, a)).toBe('importing');
      on.advance(1);
      const taskId = await on.begin(directLines(pair, 3));
      const atMs = on.ports.clock();
      await on.runOnce();
      expect(on.ports.taskQueue.jobs).toMatchObject([{ delaySeconds: 15 }]);
      expect(await on.shownIn(id)).toHaveLength(1);
      while (await on.runOnce());
      expect(on.ports.clock() - atMs).toBeGreaterThanOrEqual(15_000);
      expect(await on.outcomeOf(taskId)).toMatchObject({
        ...{ isDone: true, refused: [] },
        counts: { conversations: 1, already: 1, messages: 2 },
      });
      expect(await on.shownIn(id)).toEqual([1, 2, 3].map((seq) => [seq, `old ${seq}`]));
      expect(await on.say(id, a)).toBe(4);
    });

    it('waits also if the one that takes over dies before it has noted that it waits (IM-IMPORT-4)', async () => {
      const pair = await lost();
      on.advance(16 * MINUTE_MS);
      await on.begin(directLines(pair, 3));
      let isDead = false;
      const taskWriter = {
        ...on.ports.taskWriter,
        save: async (task: Task) => {
          if (isDead || task.waitSeconds === undefined) return on.ports.taskWriter.save(task);
          isDead = true;
          throw new Death();
        },
      };
      const ports = { ...on.ports, taskWriter };
      do await on.runOnce(ports);
      while (on.ports.taskQueue.jobs[0]?.delaySeconds !== 15);
      expect(await on.shownIn(pair.id)).toHaveLength(1);
      expect(on.ports.taskQueue.jobs).toMatchObject([{ delaySeconds: 15 }]);
      while (await on.runOnce());
      expect(await on.shownIn(pair.id)).toHaveLength(3);
    });

    it('writes nothing more if it comes back after that, and says so (IM-IMPORT-4)', async () => {
      const pair = await lost({ isSaved: true });
      const { b, id, job } = pair;
      on.advance(16 * MINUTE_MS);
      await on.begin(directLines(pair, 3));
      await on.runOnce();
      const [waiting] = on.ports.taskQueue.jobs.splice(0);
      if (job === undefined || waiting === undefined) throw new Error('no jobs');
      on.ports.taskQueue.jobs.push({ ...job, delaySeconds: 0 });
      while (await on.runOnce());
      const { refused } = await on.outcomeOf(job.taskId);
      expect(refused).toMatchObject([{ line: 3, reason: expect.stringContaining('another import') }]);
      expect(await on.shownIn(id)).toHaveLength(1);
      expect(await on.say(id, b)).toBe('importing');
      on.ports.taskQueue.jobs.push(waiting);
      while (await on.runOnce());
      expect(await on.say(id, b)).toBe(4);
    });
  });

  it('and another one at the same time: one of them has the conversation (IM-IMPORT-4)', async () => {
    for (let round = 0; round < 5; round += 1) {
      const pair = newPair();
      await on.run(directLines(pair, 2));
      const line = { kind: 'conversation', conversationId: pair.id, lastSeq: 2 } as const;
      const [one, two] = ['task', 'task'].map(newName) as [string, string];
      for (const taskId of [one, two]) await on.ports.tasks.create(aTask(taskId));
      const take = (taskId: string) => on.ports.importTable.take(line, taskId, [], on.ports.clock());
      const outcomes = await Promise.all([take(one), take(two)]);
      expect(outcomes.filter((outcome) => 'refused' in outcome)).toEqual([{ refused: 'busy' }]);
    }
    function aTask(taskId: string): Task {
      const nowMs = on.ports.clock();
      const times = { startedAtMs: nowMs, updatedAtMs: nowMs };
      return { taskId, kind: 'import', ...times, step: 'begin', counts: {}, version: 1 };
    }
  });

  describe('again', () => {
    it('with what was missing below, keeps the end, its counts, and what is unread (IM-IMPORT-5)', async () => {
      const { a, b, id } = newPair();
      const [one, two, three, four] = [1, 2, 3, 4].map((seq) => messageLine(id, seq, seq === 4 ? a : b));
      const begin = conversationLine(id, 4, { readSeqs: { [a]: 0 } });
      const lines = (...some: (Line | undefined)[]) => [begin, ...some.filter((line) => line !== undefined)];
      await on.run(lines(one, three, four));
      const end = { head: 4, lastMessage: { seq: 4 } };
      expect(await on.listOf(a)).toMatchObject([{ ...end, unread: 2 }]);
      const { counts } = await on.run(lines(two));
      expect(counts).toEqual({ conversations: 1, messages: 1 });
      expect(await on.listOf(a)).toMatchObject([{ ...end, unread: 3 }]);
      const { tail, lastSeqs } = await on.ports.conversations.head(id);
      expect(tail).toMatchObject({ from: a });
      expect(lastSeqs).toEqual(
        new Map([
          [a, 4],
          [b, 3],
        ]),
      );
    });

    it('counts as unread what the peer said below, after all that was known of them (IM-IMPORT-5)', async () => {
      const { a, b, id } = newPair();
      const begin = conversationLine(id, 4, { readSeqs: { [a]: 0 } });
      await on.run([begin, messageLine(id, 1, b), messageLine(id, 4, a)]);
      await on.run([begin, messageLine(id, 3, b)]);
      expect(await on.listOf(a)).toMatchObject([{ unread: 2, lastMessage: { seq: 4 } }]);
      expect((await on.ports.conversations.head(id)).tail).toMatchObject({ from: a });
    });

    it('half of it changed, says which lines are not what is there, and changes nothing (IM-IMPORT-5)', async () => {
      const pair = newPair();
      const { a, b, id } = pair;
      const messageId = ulid(NOON);
      const [begin, one, two, three] = directLines(pair, 3) as [Line, Line, Line, Line];
      await on.run([begin, { ...one, messageId }, two, three]);
      const before = await historyOf(id);
      const again = await on.run([
        { ...begin, lastSeq: 5 },
        { ...one, messageId, from: b },
        { ...two, content: { type: 'text', text: 'corrected' } },
        { ...three, sentAt: NOON },
        messageLine(id, 4, b),
      ]);
      expect(again.counts).toEqual({ conversations: 1, already: 1, messages: 1, refused: 2 });
      expect(again.refused).toMatchObject(
        [2, 4].map((line) => ({ line, reason: expect.stringContaining('seq') })),
      );
      expect((await historyOf(id)).slice(0, 3)).toEqual(before);
      expect((await historyOf(id)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(await on.say(id, a)).toBe(6);
    });

    it('meets what users have sent: neither their seqs nor their ids are taken (IM-IMPORT-4)', async () => {
      const pair = newPair();
      const { a, b, id } = pair;
      await on.run([conversationLine(id, 3), messageLine(id, 1, a)]);
      expect(await on.say(id, a, 'own')).toBe(4);
      const again = await on.run([
        conversationLine(id, 9),
        messageLine(id, 1, a),
        messageLine(id, 2, a, { clientMsgId: 'own' }),
        messageLine(id, 3, b, { clientMsgId: 'own' }),
        messageLine(id, 4, b),
        messageLine(id, 5, b),
      ]);
      expect(again.counts).toEqual({ conversations: 1, already: 1, messages: 1, refused: 3 });
      expect(again.refused).toMatchObject([
        { line: 3, reason: 'clientMsgId is that of seq 4' },
        { line: 5, reason: expect.stringContaining('users have sent') },
        { line: 6, reason: expect.stringContaining('users have sent') },
      ]);
      expect(await on.shownIn(id)).toEqual([
        [1, 'old 1'],
        [3, 'old 3'],
        [4, 'live'],
      ]);
      expect(await on.listOf(b)).toMatchObject([{ head: 4, unread: 1, lastMessage: { seq: 4 } }]);
    });

    it('after its worker died at the end, brings no member back whom an admin has removed since (IM-INV-5)', async () => {
      const { a, b } = newPair();
      const id = `g:${ulid()}`;
      const taskId = await on.begin([
        conversationLine(id, 1, { group: { name: 'Rowers', admins: [a] } }),
        messageLine(id, 1, a),
        { kind: 'member', conversationId: id, userId: b },
      ]);
      // The first two lines have a page each. The worker of the rest dies when it has given the group back.
      const stop = on.tick(5_000);
      const put: ImportTable['put'] = (message) => {
        stop();
        return on.ports.importTable.put(message);
      };
      const save = async (task: Task) => {
        if ((task.cursor as { readonly isRead?: boolean } | undefined)?.isRead) throw new Death();
        return on.ports.taskWriter.save(task);
      };
      const importTable = { ...on.ports.importTable, put };
      const isOver = async () => (await on.ports.conversations.head(id)).isBeingImported === undefined;
      do await on.runOnce({ ...on.ports, importTable, taskWriter: { ...on.ports.taskWriter, save } });
      while (!(await isOver()));
      const membersNow = async () => [...(await on.tables.groups.getMembers(id, [a, b])).keys()];
      expect(await membersNow()).toEqual([a, b]);
      expect(await on.tables.groups.markAsLeaving(id, b, a)).toBe(true);
      const { seq } = await on.ports.conversations.nextSeq(id, a, 'removal');
      if (seq === undefined) throw new Error('no seq');
      const said = { from: a, clientMsgId: 'removal', contentJson: '{}', contentHash: 'h' };
      const message = { conversationId: id, seq, messageId: ulid(NOON), sentAt: NOON, ...said };
      const change = { conversationId: id, message, remove: [b], openHistory: false };
      expect(await on.tables.groups.apply(change)).toBe(true);
      while (await on.runOnce());
      expect(await membersNow()).toEqual([a]);
      expect(await on.ports.conversations.membership(b, id)).toBeUndefined();
      // Nor does the group end again with what was imported.
      expect(await on.ports.conversations.head(id)).toMatchObject({ tail: { clientMsgId: 'removal' } });
      expect((await on.outcomeOf(taskId)).isDone).toBe(true);
    });
  });
});
