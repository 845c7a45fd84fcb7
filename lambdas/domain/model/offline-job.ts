import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { referenceSchema } from './reference.ts';

const toConnection = lazySchema(() => ({
  userId: z.string(),
  deviceId: z.string(),
  connectionId: z.string(),
  round: z.int(),
}));

/**
 * What the offline queue carries.
 * `store`: no session took it; store it in the user's inbox, then look for sessions again.
 * `keep`: another session took it; store it in the inbox all the same, for one that reads its messages there.
 * `post`: another device took it, but whether this connection did is unknown.
 * `drain`: a plain session has an inbox; push it.
 * `round` counts the attempts so far.
 */
export const offlineJobSchema = lazySchema(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('store'), userId: z.string(), reference: referenceSchema(), round: z.int() }),
    z.object({ kind: z.literal('keep'), userId: z.string(), reference: referenceSchema(), round: z.int() }),
    z.object({ kind: z.literal('post'), ...toConnection(), reference: referenceSchema() }),
    z.object({ kind: z.literal('drain'), ...toConnection() }),
  ]),
);

export type OfflineJob = z.infer<ReturnType<typeof offlineJobSchema>>;

export interface DelayedOfflineJob {
  readonly job: OfflineJob;
  /** 0 to 900 */
  readonly delaySeconds: number;
}

export interface OfflineQueue {
  /** Durable when it resolves. @throws {UnavailableError} if any of them isn't */
  enqueue(jobs: readonly DelayedOfflineJob[]): Promise<void>;
}
