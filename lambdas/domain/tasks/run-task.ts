import type { Clock } from '../../shared/clock.ts';
import { NotFoundError } from '../../shared/errors.ts';
import type { Task, TaskJob, TaskKind, TaskQueue, TaskReader, TaskWriter } from '../model/task.ts';
import type { Page, Step } from './step.ts';

export interface TaskPorts {
  readonly tasks: TaskReader;
  readonly taskWriter: TaskWriter;
  readonly taskQueue: TaskQueue;
  readonly clock: Clock;
}

export type Steps<Ports> = Readonly<Partial<Record<TaskKind, readonly Step<Ports>[]>>>;

/** After this time no page begins: the function has 30 s, and a page takes up to 10. */
const LAST_PAGE_MS = 15_000;

/**
 * A worker that could not take or save its task looks again after this time. It is longer than a worker lives, so a task that has
 * not moved since has no worker. A look is one read.
 */
const LOOK_AGAIN_SECONDS = 60;

/** The step of a new task: who starts one need not know the steps. */
const BEGIN = 'begin';

/** Saves a task and enqueues it. @returns its id */
export async function startTask(
  ports: Omit<TaskPorts, 'tasks'>,
  task: Pick<Task, 'taskId' | 'kind' | 'userId' | 'conversationId' | 'importId' | 'dryRun'>,
): Promise<{ readonly taskId: string }> {
  const { taskId } = task;
  const nowMs = ports.clock();
  const row = { ...task, startedAtMs: nowMs, updatedAtMs: nowMs, step: BEGIN, counts: {}, version: 1 };
  // If the function dies in between, nobody has learned the id, and the caller asks again.
  await ports.taskWriter.create(row);
  await ports.taskQueue.enqueue({ taskId, version: row.version }, 0);
  return { taskId };
}

/**
 * Takes a task for itself, does pages of it for some seconds, saves after each where it stands, and enqueues the rest. A worker
 * that dies leaves its job to the queue, which gives it to another one. SQS may give a job to two workers, and two at the same page
 * would do more than repeat it: one would take a conversation again that the other's import has given back, or replace the part of
 * an export. So a job names the version at which the task may be taken, and a worker raises it when it takes the task. A worker that
 * comes too late looks again after a minute, and takes the task if its version is still the same. Then nobody is at it: a worker
 * does not live that long. There may never have been another one: if the answer to a save is lost, the AWS SDK repeats it, and the
 * repeat is refused.
 * @throws {NotFoundError} no such task
 */
export async function runTask<Ports extends TaskPorts>(
  ports: Ports,
  steps: Steps<Ports>,
  job: TaskJob,
): Promise<void> {
  const endMs = ports.clock() + LAST_PAGE_MS;
  const found = await ports.tasks.task(job.taskId);
  if (found === undefined) throw new NotFoundError('task');
  if (found.step === undefined) return;
  if (!mayTake(found, job)) return goOnLater(ports, found, LOOK_AGAIN_SECONDS);
  let task: Task = { ...found, waitSeconds: undefined, version: found.version + 1 };
  if (!(await ports.taskWriter.save(task))) return goOnLater(ports, task, LOOK_AGAIN_SECONDS);
  while (task.step !== undefined) {
    const all = steps[task.kind] ?? [];
    const page = await stepOf(all, task.step).run(ports, task, task.cursor);
    const saved: Task = afterPage(task, page, all, ports.clock());
    if (!(await ports.taskWriter.save(saved))) return goOnLater(ports, saved, LOOK_AGAIN_SECONDS);
    task = saved;
    if (task.step !== undefined && (task.waitSeconds !== undefined || ports.clock() > endMs))
      return goOnLater(ports, task);
  }
}

function mayTake(task: Task, { version }: TaskJob): boolean {
  return version === undefined ? task.waitSeconds === undefined : version === task.version;
}

function goOnLater({ taskQueue }: TaskPorts, task: Task, seconds = 0): Promise<void> {
  const { taskId, version, waitSeconds = seconds } = task;
  return taskQueue.enqueue({ taskId, version }, waitSeconds);
}

function stepOf<Ports>(steps: readonly Step<Ports>[], name: string): Step<Ports> {
  const step = name === BEGIN ? steps[0] : steps.find((each) => each.name === name);
  if (step === undefined) throw new Error(`No step ${name}.`);
  return step;
}

function afterPage(
  task: Task,
  { next, counts, waitSeconds }: Page,
  steps: readonly { readonly name: string }[],
  nowMs: number,
): Task {
  const at = task.step === BEGIN ? 0 : steps.findIndex(({ name }) => name === task.step);
  return {
    ...task,
    updatedAtMs: nowMs,
    step: steps[next === undefined ? at + 1 : at]?.name,
    cursor: next,
    counts: added(task.counts, counts),
    waitSeconds,
    version: task.version + 1,
  };
}

function added(before: Task['counts'], more: Task['counts'] = {}): Task['counts'] {
  const names = new Set([...Object.keys(before), ...Object.keys(more)]);
  return Object.fromEntries([...names].map((name) => [name, (before[name] ?? 0) + (more[name] ?? 0)]));
}
