import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import type { Membership } from './conversation.ts';

export type TaskKind = 'erase' | 'export' | 'delete-group' | 'import';

/** Where a step stands: JSON that only the step reads. */
export type Cursor = Readonly<Record<string, unknown>>;

/** Work of an operator that takes longer than a request (IM-ERASE). */
export interface Task {
  readonly taskId: string;
  readonly kind: TaskKind;
  /** Of an erasure or an export. */
  readonly userId?: string | undefined;
  /** Of the deletion of a group. */
  readonly conversationId?: string | undefined;
  /** Of an import: its file. */
  readonly importId?: string | undefined;
  /** Of an import that writes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly startedAtMs: number;
  /** When its state was last saved. */
  readonly updatedAtMs: number;
  /** The name of the step that it is at; `undefined`: it is done. */
  readonly step: string | undefined;
  /** Where in the step. @default - at its start */
  readonly cursor?: Cursor | undefined;
  /** What it has done, by name. */
  readonly counts: Readonly<Record<string, number>>;
  /** How long its next page waits. @default 0 */
  readonly waitSeconds?: number | undefined;
  /** Grows with each save. */
  readonly version: number;
}

export interface TaskReader {
  task(taskId: string): Promise<Task | undefined>;
}

export interface TaskWriter {
  create(task: Task): Promise<void>;
  /** Replaces the version before. @returns false if another worker has saved since */
  save(task: Task): Promise<boolean>;
}

/** A job says only which task has to go on: its row says the rest. */
export const taskJobSchema = lazySchema(() =>
  z.object({
    taskId: z.string(),
    /** The version of the task that the worker with this job may take. @default - any, unless the task waits */
    version: z.optional(z.int()),
  }),
);
export type TaskJob = z.infer<ReturnType<typeof taskJobSchema>>;

export interface TaskQueue {
  /** @param delaySeconds at most 900 */
  enqueue(job: TaskJob, delaySeconds: number): Promise<void>;
}

/** A conversation that a user is or was in: from a membership, or from a departure. */
export interface TrailEntry {
  readonly conversationId: string;
  /** Where to go on after it. */
  readonly after: string;
  /** If it is a departure: when. Then there is no membership. */
  readonly leftAtMs?: number;
  readonly membership?: Membership;
}

/** Every conversation that a user is or was in, as long as its history may have messages of the user. */
export interface ConversationTrail {
  /** First the departures, by time, then the memberships. Names a conversation again for each departure. */
  page(
    userId: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly entries: readonly TrailEntry[]; readonly hasMore: boolean }>;
}
