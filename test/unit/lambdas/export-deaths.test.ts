/** @module-tag long */
import { describe, expect, it, vi } from 'vitest';
import { runTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { ALL_NUMBERS, numbersIn, STEPS, withLongHistory } from './export-run.ts';

describe("an export's file (IM-ERASE-3)", () => {
  it.each(['begin', 'putPart', 'keepRest', 'rest', 'complete'] as const)(
    'has each line once, whatever worker dies before or after its %s',
    async (method) => {
      const world = await withLongHistory();
      const { exportFiles, messages } = world;
      // Each query takes longer than a page may.
      const read = messages.written;
      vi.spyOn(messages, 'written').mockImplementation((...args) => {
        world.advance(7_000);
        return read(...args);
      });
      const run = exportFiles[method] as (...args: unknown[]) => Promise<unknown>;
      let deaths = 0;
      vi.spyOn(exportFiles, method).mockImplementation((async (...args: unknown[]) => {
        deaths += 1;
        if (deaths === 1) throw new Error('died before');
        const answer = await run(...args);
        if (deaths === 2) throw new Error('died after');
        return answer;
      }) as never);
      while ((await world.tasks.task('T1'))?.step !== undefined)
        await runTask(world, STEPS, { taskId: 'T1' }).catch(({ message }) =>
          expect(message).toMatch(/^died/),
        );
      expect(deaths).toBeGreaterThan(2);
      expect(numbersIn(world)).toEqual(ALL_NUMBERS);
    },
  );
});
