import { exportNameOf } from '../../../lambdas/domain/model/export-file.ts';
import { EXPORT_STEPS } from '../../../lambdas/domain/tasks/export.ts';
import { runTask, startTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { createWorld, sayIn, type World } from '../../adapters/memory/world.ts';

export const STEPS = { erase: [], export: EXPORT_STEPS };

/** Of the file. */
export const NAME = exportNameOf({ taskId: 'T1', userId: 'alice' });

/** Does what the queue's next job asks for. */
export async function runOnce(world: World): Promise<boolean> {
  const job = world.taskQueue.jobs.shift();
  if (job === undefined) return false;
  await runTask(world, STEPS, job);
  return true;
}

/** The lines of the file of Alice's data. */
export function linesOf({ exportFiles }: World): readonly { readonly kind: string }[] {
  const text = exportFiles.files.get(NAME) ?? '';
  if (!text.endsWith('\n')) throw new Error('The last line has no end.');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export const ofKind = (lines: readonly { readonly kind: string }[], wanted: string) =>
  lines.filter(({ kind }) => kind === wanted);
export const textsIn = (lines: readonly object[]) =>
  lines.map((line) => (line as { readonly content: { readonly text?: string } }).content.text);

const TEXTS = 400;

/** Alice has written so much that it takes several parts, and wants it. */
export async function withLongHistory(): Promise<World> {
  const world = createWorld();
  const long = 'é'.repeat(7_000);
  for (let n = 0; n < TEXTS; n += 1) await sayIn(world, `${n} ${long}`);
  await startTask(world, { taskId: 'T1', kind: 'export', userId: 'alice' });
  return world;
}

/** The numbers of the texts in the file, in order. */
export const numbersIn = (world: World) =>
  textsIn(ofKind(linesOf(world), 'message'))
    .map((text) => Number.parseInt(text ?? '', 10))
    .toSorted((a, b) => a - b);
export const ALL_NUMBERS = Array.from({ length: TEXTS }, (_, index) => index);
