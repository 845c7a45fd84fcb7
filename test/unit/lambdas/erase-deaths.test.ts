/** @module-tag long */
import { expect, it } from 'vitest';
import { pin } from '../../../lambdas/domain/messages/pin.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import { toMessage } from '../../../lambdas/domain/model/message.ts';
import { ERASE_STEPS } from '../../../lambdas/domain/tasks/erase.ts';
import { runTask, startTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { Death, dyingAt } from '../../adapters/dying.ts';
import { changedPushes, createWorldOf, sayIn } from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const STEPS = { erase: ERASE_STEPS, export: [] };

it.each(['before', 'after'] as const)(
  'an erasure finishes, erases all, and tells the others, if its worker dies %s any call (IM-ERASE-1)',
  async (when) => {
    let deaths = 0;
    for (let hasDied = true; hasDied; deaths += 1) {
      const world = await createWorldOf('bob');
      await sayIn(world, 'one');
      await sayIn(world, 'two', { to: 'alice' }, 'bob');
      await react(world, { userId: 'alice' }, { to: 'bob', seq: 2, name: '👍', on: true });
      await react(world, { userId: 'bob' }, { to: 'alice', seq: 1, name: '👍', on: true });
      await pin(world, { userId: 'bob' }, { to: 'alice', seq: 1, on: true });
      world.connections.posts.length = 0;
      await startTask(world, { taskId: 'T1', kind: 'erase', userId: 'alice' });
      const { ports, ...mortal } = dyingAt(world, deaths + 1, when);
      for (let job = world.taskQueue.jobs.shift(); job !== undefined; job = world.taskQueue.jobs.shift()) {
        world.advance(job.delaySeconds * 1_000);
        const repeat = { ...job, delaySeconds: 0 };
        await runTask(ports, STEPS, job).catch((error: unknown) => {
          if (!(error instanceof Death)) throw error;
          // The queue gives the job of a dead worker to another one.
          world.taskQueue.jobs.push(repeat);
        });
      }
      hasDied = mortal.hasDied();
      const { messages } = await world.messages.page(DM, { limit: 9, after: 0, head: 9 });
      const where = `the worker died ${when} call ${deaths + 1}`;
      expect((await world.tasks.task('T1'))?.step, where).toBeUndefined();
      expect(
        messages.map((message) => toMessage(message).content.type),
        where,
      ).toEqual(['erased', 'text']);
      expect(
        messages.map((message) => toMessage(message).reactions),
        where,
      ).toEqual([undefined, undefined]);
      expect((await world.pins.pins(DM)).pins, where).toEqual([]);
      expect(await world.reactions.ofUser('alice', messages), where).toEqual(
        new Map(messages.map(({ messageId }) => [messageId, new Set()])),
      );
      const told = changedPushes(world).map(({ frame }) => frame.message.seq);
      expect([...new Set(told)].sort(), where).toEqual([1, 2]);
    }
    expect(deaths).toBeGreaterThan(30);
  },
);
