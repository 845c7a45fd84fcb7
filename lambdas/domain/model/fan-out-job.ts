import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { referenceSchema } from './reference.ts';

/**
 * What the fan-out queue carries: a message by reference, or a frame that nobody has to get (`recalled`). Without
 * `users` it is for the planner, which finds the members and makes jobs of about 1,000 users each.
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

export interface FanOutQueue {
  /** Durable when it resolves. @throws {UnavailableError} if any of them isn't */
  enqueue(jobs: readonly FanOutJob[]): Promise<void>;
}
