import { WATCHDOG_SECONDS } from '../delivery/outbox.ts';
import type { DeskEvents } from '../model/desk-event.ts';

/**
 * Runs a change that may make an assignment possible, then has the queues matched. Enqueues a watchdog event before the
 * change, so that the queues are matched even if this function dies after the change.
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
