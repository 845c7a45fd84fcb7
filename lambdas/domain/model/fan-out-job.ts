import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { referenceSchema } from './reference.ts';

/**
 * A job in the fan-out queue: it delivers a message by reference, or a frame that may be lost (`changed`). A job
 * without `users` is for the planner, which finds the members and enqueues jobs of up to 1,000 users each.
 */
export const fanOutJobSchema = lazySchema(() =>
  z.object({
    conversationId: z.string(),
    memberCount: z.int(),
    what: z.union([
      z.object({ reference: referenceSchema() }),
      z.object({ frame: z.string(), joinedBy: z.optional(z.int()) }),
    ]),
    exceptConnectionId: z.optional(z.string()),
    users: z.optional(z.array(z.string())),
    /** The user who pays for posts beyond those that the price assumes (IM-BUDGET-1). */
    payer: z.optional(z.string()),
  }),
);

export type FanOutJob = z.infer<ReturnType<typeof fanOutJobSchema>>;

const watchdogJobSchema = lazySchema(() =>
  z.object({
    /** The group. */
    watchdogOf: z.string(),
    /** The change is a removal. */
    removal: z.optional(z.object({ member: z.string(), by: z.string() })),
  }),
);

/**
 * A watchdog job is sent before a change of a group, with a delay. It completes a removal, and delivers messages, if the
 * function of the change did not.
 */
export type WatchdogJob = z.infer<ReturnType<typeof watchdogJobSchema>>;

export const fanOutRecordSchema = lazySchema(() => z.union([fanOutJobSchema(), watchdogJobSchema()]));

export interface FanOutQueue {
  /** Resolves when all are durable. @throws {UnavailableError} some may not be */
  enqueue(jobs: readonly FanOutJob[]): Promise<void>;
  /** Enqueues a watchdog job. Resolves when it is durable. @throws {UnavailableError} it may not be */
  watch(job: WatchdogJob, delaySeconds: number): Promise<void>;
}
