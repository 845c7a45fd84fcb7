import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportTable } from '../../../lambdas/domain/model/import.ts';
import { directConversationId } from '../../../protocol/ids.ts';
import { directLines, type Importing, type Line, newPair, startImporting } from './importing.ts';
import { newName } from './tables.ts';

let on: Importing;
beforeAll(async () => {
  on = await startImporting();
});
afterAll(() => on?.tables.stop());

describe('an import (IM-IMPORT)', () => {
  it('whose job comes twice at once gives every conversation back, where each worker stops (IM-IMPORT-5)', async () => {
    const [one, two] = [newPair(), newPair()];
    const taskId = await on.begin([...directLines(one, 2), ...directLines(two, 40)]);
    const [job] = on.ports.taskQueue.jobs;
    if (job === undefined) throw new Error('no job');
    on.ports.taskQueue.jobs.push(job);
    let stop = () => {};
    let isFirst = true;
    const put: ImportTable['put'] = async (message) => {
      // If both did pages, the other one would be done before this one, which is slower, is at the second conversation.
      if (isFirst) {
        isFirst = false;
        await on.runOnce();
        stop = on.tick(1_500);
      }
      return on.ports.importTable.put(message);
    };
    await on.runOnce({ ...on.ports, importTable: { ...on.ports.importTable, put } });
    stop();
    while (await on.runOnce());
    expect((await on.outcomeOf(taskId)).isDone).toBe(true);
    expect(await on.say(one.id, one.a)).toBe(3);
    expect(await on.say(two.id, two.a)).toBe(41);
  });

  it.each(['constructor', '__proto__'])(
    'takes any user id, also one that each object in JavaScript has: %s (IM-IMPORT-3)',
    async (a) => {
      const pair = { a, b: newName('peer') };
      const id = directConversationId(pair.a, pair.b);
      const [begin, ...messages] = directLines({ ...pair, id }, 3);
      const readSeqs = { [pair.b]: 1 };
      const taskId = await on.begin([{ ...begin, readSeqs } as Line, ...messages]);
      while (await on.runOnce());
      const { isDone, refused } = await on.outcomeOf(taskId);
      expect([isDone, refused]).toEqual([true, []]);
      expect((await on.ports.conversations.head(id)).lastSeqs).toEqual(
        new Map([
          [a, 3],
          [pair.b, 2],
        ]),
      );
      expect(await on.listOf(a)).toMatchObject([{ conversationId: id, unread: 0 }]);
      expect(await on.listOf(pair.b)).toMatchObject([{ conversationId: id, unread: 1 }]);
    },
  );
});
