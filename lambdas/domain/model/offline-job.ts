import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { referenceSchema } from './reference.ts';

const attempts = lazySchema(() => ({ round: z.int(), unsure: z.optional(z.int()) }));
const toConnection = lazySchema(() => ({
  userId: z.string(),
  deviceId: z.string(),
  connectionId: z.string(),
  ...attempts(),
}));

/**
 * A job in the offline queue.
 * `store`: no session took the message; store it in the user's inbox, then look for sessions again.
 * `keep`: a session took the message, but another one reads from the inbox; store it there.
 * `post`: another session took the message; for this connection the outcome is unknown, or a 429: post it again.
 * `notify`: sessions took the message, but none that the user sees; `missed` are connections in front that may not have it.
 * `drain`: a plain session has connected; push its inbox.
 * `round` counts previous attempts, `unsure` those whose outcome is unknown.
 */
export const offlineJobSchema = lazySchema(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('store'), userId: z.string(), reference: referenceSchema(), ...attempts() }),
    z.object({ kind: z.literal('keep'), userId: z.string(), reference: referenceSchema(), round: z.int() }),
    z.object({ kind: z.literal('post'), ...toConnection(), reference: referenceSchema() }),
    z.object({
      kind: z.literal('notify'),
      userId: z.string(),
      reference: referenceSchema(),
      missed: z.readonly(z.array(z.string())),
      round: z.int(),
    }),
    z.object({ kind: z.literal('drain'), ...toConnection() }),
  ]),
);

export type OfflineJob = z.infer<ReturnType<typeof offlineJobSchema>>;

export interface DelayedOfflineJob {
  readonly job: OfflineJob;
  /** 0 to 900. */
  readonly delaySeconds: number;
}

export interface OfflineQueue {
  /** Resolves when all are durable. @throws {UnavailableError} some may not be */
  enqueue(jobs: readonly DelayedOfflineJob[]): Promise<void>;
}
