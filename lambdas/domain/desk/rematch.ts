import { LIMITS } from '../../../protocol/limits.ts';
import type { DeskEvents } from '../model/desk-event.ts';

/** By then the function that was about to change something has done so or been cut off. */
const WATCHDOG_SECONDS = LIMITS.senderTimeoutSeconds + 2;

/**
 * Runs a change that may bring a chat and an agent together, then has the queues matched. A watchdog event is enqueued
 * before the change: should this function die between the change and the event, the queue is matched all the same.
 */
export async function withRematch<Result>(
  { deskEvents }: { readonly deskEvents: DeskEvents },
  queues: readonly string[],
  change: () => Promise<Result>,
  { moved = true } = {},
): Promise<Result> {
  const events = (watchdog: boolean) =>
    queues.map((queue) => ({
      event: { kind: 'match', queue, moved, watchdog } as const,
      delaySeconds: watchdog ? WATCHDOG_SECONDS : 0,
    }));
  await deskEvents.enqueue(events(true));
  const result = await change();
  await deskEvents.enqueue(events(false));
  return result;
}
