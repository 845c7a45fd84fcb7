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

/** Longer than a worker lives. A dead one's job comes again later than that: its time-out is six times as long. */
const WORKER_MS = 35_000;

/** A worker that could not save, or that found another one, looks again after this time. A look is one read. */
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
  await ports.taskQueue.enqueue({ taskId }, 0);
  return { taskId };
}

/**
 * Takes a task for itself, does pages of it for some seconds, saves after each where it stands, and enqueues the rest. A worker
 * that dies leaves its job to the queue, which gives it to another one. Of two workers with the same task, since SQS may deliver a
 * job twice, one has it: a second one at the same page would take an import's conversation again that the first has given back,
 * or replace the part of an export. Who could not take the task or not save looks again a minute later: if the answer to a save is
 * lost, the AWS SDK repeats it, the repeat is refused, and there may be no other worker. A task that waits goes on only with the
 * job that has waited: SQS may have delivered an earlier one twice.
 * @throws {NotFoundError} no such task
 */
export async function runTask<Ports extends TaskPorts>(
  ports: Ports,
  steps: Steps<Ports>,
  { taskId, waitedFor }: TaskJob,
): Promise<void> {
  const nowMs = ports.clock();
  const endMs = nowMs + LAST_PAGE_MS;
  let task = await ports.tasks.task(taskId);
  if (task === undefined) throw new NotFoundError('task');
  if (task.step === undefined) return;
  if (task.waitSeconds !== undefined && waitedFor !== task.version) return goOnLater(ports, task);
  const lookAgain = () => ports.taskQueue.enqueue({ taskId }, LOOK_AGAIN_SECONDS);
  if (hasWorker(task, nowMs)) return lookAgain();
  task = { ...task, waitSeconds: undefined, takenAtMs: nowMs, version: task.version + 1 };
  if (!(await ports.taskWriter.save(task))) return lookAgain();
  while (task.step !== undefined) {
    const all = steps[task.kind] ?? [];
    const page = await stepOf(all, task.step).run(ports, task, task.cursor);
    const after = afterPage(task, page, all, ports.clock());
    const isLast = after.step === undefined || after.waitSeconds !== undefined || ports.clock() > endMs;
    const saved: Task = isLast ? { ...after, takenAtMs: undefined } : after;
    if (!(await ports.taskWriter.save(saved))) return lookAgain();
    task = saved;
    if (isLast && task.step !== undefined) return goOnLater(ports, task);
  }
}

/** By a clock that may have jumped: what lies far ahead counts as little as what is long past. */
function hasWorker({ takenAtMs }: Task, nowMs: number): boolean {
  return takenAtMs !== undefined && Math.abs(nowMs - takenAtMs) < WORKER_MS;
}

function goOnLater({ taskQueue }: TaskPorts, { taskId, version, waitSeconds }: Task): Promise<void> {
  return waitSeconds === undefined
    ? taskQueue.enqueue({ taskId }, 0)
    : taskQueue.enqueue({ taskId, waitedFor: version }, waitSeconds);
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
