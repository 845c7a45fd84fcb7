import { describe, expect, it } from 'vitest';
import type { Cursor } from '../../../lambdas/domain/model/task.ts';
import { runTask, type Steps, startTask, type TaskPorts } from '../../../lambdas/domain/tasks/run-task.ts';
import type { Page, Step } from '../../../lambdas/domain/tasks/step.ts';
import { createWorld, NOON } from '../../adapters/memory/world.ts';

const TASK = { taskId: 'T1', kind: 'erase', userId: 'alice' } as const;

/** A step that answers with these pages, in their order, and notes where it was to go on. */
function aStep(name: string, ...pages: readonly Page[]) {
  const cursors: (Cursor | undefined)[] = [];
  const step: Step<TaskPorts> = {
    name,
    run: async (_, __, cursor) => pages[cursors.push(cursor) - 1] ?? {},
  };
  return { ...step, cursors };
}

async function start(...erase: readonly Step<TaskPorts>[]) {
  const world = createWorld();
  const steps: Steps<TaskPorts> = { erase, export: [] };
  await startTask(world, TASK);
  return { ...world, steps, run: () => runTask(world, steps, world.taskQueue.jobs.at(-1) ?? TASK) };
}

describe('a task (IM-ERASE-1)', () => {
  it('does its steps in their order, page by page, and counts what they did', async () => {
    const first = aStep('first', { next: { at: 1 }, counts: { messages: 2 } }, { counts: { messages: 1 } });
    const second = aStep('second', { counts: { rows: 1 } });
    const { run, tasks, taskQueue } = await start(first, second);
    expect(await tasks.task('T1')).toMatchObject({ step: 'begin', startedAtMs: NOON });
    await run();
    expect([first.cursors, second.cursors]).toEqual([[undefined, { at: 1 }], [undefined]]);
    expect(await tasks.task('T1')).toMatchObject({ step: undefined, counts: { messages: 3, rows: 1 } });
    expect(taskQueue.jobs).toEqual([{ taskId: 'T1', version: 1, delaySeconds: 0 }]);
  });

  it('does nothing when it is done, as when SQS delivers its job twice', async () => {
    const only = aStep('only');
    const { run, tasks } = await start(only);
    await run();
    const done = await tasks.task('T1');
    await run();
    expect([only.cursors.length, await tasks.task('T1')]).toEqual([1, done]);
  });

  it('goes on where the worker stopped that died in the middle of a page', async () => {
    const dying = { ...aStep('first'), run: async () => Promise.reject(new Error('died')) };
    const { run, steps, ...world } = await start(aStep('first', { next: { at: 7 }, waitSeconds: 1 }));
    await run();
    const job = world.taskQueue.jobs.at(-1) ?? TASK;
    await expect(runTask(world, { ...steps, erase: [dying] }, job)).rejects.toThrow('died');
    const after = aStep('first');
    await runTask(world, { ...steps, erase: [after] }, TASK);
    expect(after.cursors).toEqual([{ at: 7 }]);
  });

  it('waits its time even if SQS delivers the job before twice, or its worker died before it sent the one that waits', async () => {
    const second = aStep('second');
    const { run, steps, tasks, taskQueue, ...world } = await start(
      aStep('first', { waitSeconds: 15 }),
      second,
    );
    await run();
    const [before, waiting] = taskQueue.jobs;
    await runTask({ ...world, tasks, taskQueue }, steps, before ?? TASK);
    expect(second.cursors).toEqual([]);
    expect(taskQueue.jobs).toEqual([before, waiting, waiting]);
    await run();
    expect([second.cursors, (await tasks.task('T1'))?.step]).toEqual([[undefined], undefined]);
  });

  it('enqueues itself when a page asks to wait, and after 15 s', async () => {
    const slow = { name: 'slow', run: async () => advance(16_000) } satisfies Step<TaskPorts>;
    const { run, tasks, taskQueue, ...world } = await start(
      aStep('first', { next: {}, waitSeconds: 15 }),
      slow,
      aStep('last'),
    );
    const advance = async (ms: number): Promise<Page> => {
      world.advance(ms);
      return {};
    };
    await run();
    expect(taskQueue.jobs.at(-1)).toEqual({ taskId: 'T1', version: 3, delaySeconds: 15 });
    await run();
    expect([taskQueue.jobs.at(-1), (await tasks.task('T1'))?.step]).toEqual([
      { taskId: 'T1', version: 6, delaySeconds: 0 },
      'last',
    ]);
    await run();
    expect((await tasks.task('T1'))?.step).toBeUndefined();
  });

  it.each([
    ['take it', 1],
    ['save a page', 2],
  ])(
    'goes on a minute later if the answer to a request to %s was lost, so that its repeat was refused',
    async (_, lost) => {
      const second = aStep('second');
      const { steps, tasks, taskWriter, taskQueue, ...world } = await start(aStep('first'), second);
      let saves = 0;
      const losing: typeof taskWriter = {
        ...taskWriter,
        save: async (task) => {
          saves += 1;
          return (await taskWriter.save(task)) && (saves !== lost || taskWriter.save(task));
        },
      };
      await runTask({ ...world, tasks, taskWriter: losing, taskQueue }, steps, TASK);
      expect(second.cursors).toEqual([]);
      const again = taskQueue.jobs.at(-1);
      expect(again).toEqual({ taskId: 'T1', version: 1 + lost, delaySeconds: 60 });
      await runTask({ ...world, tasks, taskWriter, taskQueue }, steps, again ?? TASK);
      expect([second.cursors, (await tasks.task('T1'))?.step]).toEqual([[undefined], undefined]);
    },
  );

  it('has one worker, even if SQS delivers a job to two: the second one does no page, and looks again a minute later', async () => {
    let pages = 0;
    const { run, taskQueue } = await start({
      name: 'first',
      async run() {
        pages += 1;
        await run();
        return { next: {}, waitSeconds: 1 };
      },
    });
    await run();
    expect(pages).toBe(1);
    expect(taskQueue.jobs.map(({ delaySeconds }) => delaySeconds)).toEqual([0, 60, 1]);
  });

  it('gets another worker a minute after the job of one that is dead came again', async () => {
    const dying = { ...aStep('first'), run: async () => Promise.reject(new Error('died')) };
    const { run, steps, ...world } = await start(dying);
    await expect(run()).rejects.toThrow('died');
    const after = aStep('first');
    const again = () => runTask(world, { ...steps, erase: [after] }, world.taskQueue.jobs.at(-1) ?? TASK);
    await again();
    expect(after.cursors).toEqual([]);
    expect(world.taskQueue.jobs.at(-1)).toEqual({ taskId: 'T1', version: 2, delaySeconds: 60 });
    await again();
    expect(after.cursors).toEqual([undefined]);
  });

  it('stops a worker whose task another one has saved since, until a minute later', async () => {
    const second = aStep('second');
    const { run, tasks, taskWriter, taskQueue } = await start(
      {
        name: 'first',
        async run(_, task) {
          await taskWriter.save({ ...task, step: 'second', version: task.version + 1 });
          return {};
        },
      },
      second,
    );
    await run();
    expect([second.cursors, (await tasks.task('T1'))?.step]).toEqual([[], 'second']);
    expect(taskQueue.jobs.map(({ delaySeconds }) => delaySeconds)).toEqual([0, 60]);
  });
});
