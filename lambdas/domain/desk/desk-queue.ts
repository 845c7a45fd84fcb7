import * as z from 'zod/mini';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';

/**
 * What the desk's queue carries.
 * `match`: chats may wait, and agents be free. `moved`: those who wait may stand elsewhere now.
 * `guard`: of a match: somebody was about to change something; look whether all was done.
 * `look`: an agent seems to have had no session since then; look whether that is so.
 */
export const deskJobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('match'), queue: z.string(), moved: z.boolean(), guard: z.boolean() }),
  z.object({ kind: z.literal('look'), userId: z.string(), sinceMs: z.int() }),
]);

export type DeskJob = z.infer<typeof deskJobSchema>;

export interface DelayedDeskJob {
  readonly job: DeskJob;
  /** 0 to 900 */
  readonly delaySeconds: number;
}

export interface DeskQueue {
  /** Durable when it resolves. @throws {UnavailableError} if any of them isn't */
  enqueue(jobs: readonly DelayedDeskJob[]): Promise<void>;
}

export interface DeskQueuePorts {
  readonly deskQueue: DeskQueue;
}

/** When whoever was about to change something has done so or been cut off. */
const GUARD_SECONDS = LIMITS.senderTimeoutSeconds + 2;

/**
 * Runs what may bring a chat and an agent together, and has the queue matched after it. A guard is enqueued before it:
 * should this function die between the change and the event, nobody waits for the next caller.
 */
export async function thenMatch<Result>(
  { deskQueue }: DeskQueuePorts,
  queues: readonly string[],
  change: () => Promise<Result>,
  { moved = true } = {},
): Promise<Result> {
  const jobs = (guard: boolean) =>
    queues.map((queue) => ({
      job: { kind: 'match', queue, moved, guard } as const,
      delaySeconds: guard ? GUARD_SECONDS : 0,
    }));
  await deskQueue.enqueue(jobs(true));
  const result = await change();
  await deskQueue.enqueue(jobs(false));
  return result;
}

/**
 * Has the worker look at an agent of whom no session took something, or one of whose sockets closed. Nothing else says
 * that somebody is gone: a socket that died tells nobody, until something is posted to it.
 */
export async function lookAfter(
  { deskQueue, clock }: { readonly deskQueue?: DeskQueue | undefined; readonly clock: Clock },
  userId: string,
): Promise<void> {
  const job = { kind: 'look', userId, sinceMs: clock() } as const;
  await deskQueue?.enqueue([{ job, delaySeconds: 0 }]);
}
