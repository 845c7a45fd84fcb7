import type { Cursor, Task } from '../model/task.ts';

/** What a step did with one page. */
export interface Page {
  /** Where to go on. `undefined`: the step is finished. */
  readonly next?: Cursor | undefined;
  /** What it did, by name. */
  readonly counts?: Readonly<Record<string, number>>;
  /** How long to wait before the next page, 1 to 900. @default - no time */
  readonly waitSeconds?: number;
}

/**
 * A part of a task. It does one page at a time, of at most 10 s, and may do each again: its worker may have died before the page
 * was saved, or SQS may have delivered the job twice.
 */
export interface Step<Ports> {
  /** Saved in tasks: a step keeps its name as long as tasks with it may run. */
  readonly name: string;
  readonly run: (ports: Ports, task: Task, cursor: Cursor | undefined) => Promise<Page>;
}
