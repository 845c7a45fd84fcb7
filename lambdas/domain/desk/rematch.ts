import { WATCHDOG_SECONDS } from '../delivery/outbox.ts';
import type { DeskEvents } from '../model/desk-event.ts';

interface RematchOptions {
  /** The positions of waiting customers may change. */
  readonly moved?: boolean;
  /** The agent whose state changes: their sessions get the new state (IM-DESK-8). */
  readonly agent?: string;
}

/**
 * Runs a change that may make an assignment possible, then has the queues matched. Enqueues a watchdog event before the
 * change, so that the queues are matched, and the agent's state is pushed, even if this function dies after the change.
 */
export async function withRematch<Result>(
  { deskEvents }: { readonly deskEvents: DeskEvents },
  queues: readonly string[],
  change: () => Promise<Result>,
  { moved = true, agent }: RematchOptions = {},
): Promise<Result> {
  const matches = (watchdog: boolean) =>
    queues.map((queue) => ({
      event: { kind: 'match', queue, moved, watchdog } as const,
      delaySeconds: watchdog ? WATCHDOG_SECONDS : 0,
    }));
  const pushes = (agent === undefined ? [] : [agent]).map((userId) => ({
    event: { kind: 'push-agent', userId } as const,
    delaySeconds: WATCHDOG_SECONDS,
  }));
  await deskEvents.enqueue([...matches(true), ...pushes]);
  const result = await change();
  await deskEvents.enqueue(matches(false));
  return result;
}
