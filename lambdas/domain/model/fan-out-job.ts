import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { referenceSchema } from './reference.ts';

/**
 * A job in the fan-out queue: it delivers a message by reference, or a frame that may be lost (`recalled`). A job
 * without `users` is for the planner, which finds the members and enqueues jobs of up to 1,000 users each.
 */
export const fanOutJobSchema = lazySchema(() =>
  z.object({
    conversationId: z.string(),
    memberCount: z.int(),
    what: z.union([z.object({ reference: referenceSchema() }), z.object({ frame: z.string() })]),
    exceptConnectionId: z.optional(z.string()),
    users: z.optional(z.array(z.string())),
  }),
);

export type FanOutJob = z.infer<ReturnType<typeof fanOutJobSchema>>;

/** A watchdog job is sent before a change of a group, with a delay, to deliver what its function did not. */
export const fanOutRecordSchema = lazySchema(() =>
  z.union([fanOutJobSchema(), z.object({ watchdogOf: z.string() })]),
);

export interface FanOutQueue {
  /** Resolves when all are durable. @throws {UnavailableError} some may not be */
  enqueue(jobs: readonly FanOutJob[]): Promise<void>;
  /** Enqueues a watchdog job. Resolves when it is durable. @throws {UnavailableError} it may not be */
  watch(conversationId: string, delaySeconds: number): Promise<void>;
}
