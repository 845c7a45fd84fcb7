import type { Clock, Pause } from '../../shared/clock.ts';
import { PATIENCE_MS, retryWaitMs } from '../../shared/stream-retry.ts';
import type { AttributedEvent, EventPublisher, PublishOutcome } from '../model/event.ts';

export interface PublishPorts {
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  readonly pause: Pause;
}

/**
 * Publishes events. Tries those that failed again for `PATIENCE_MS`, and never those that the topic has taken.
 * @returns the outcome of each, in the same order
 */
export async function publishPatiently(
  { publisher, clock, pause }: PublishPorts,
  events: readonly AttributedEvent[],
): Promise<readonly PublishOutcome[]> {
  const outcomes: PublishOutcome[] = events.map(() => 'failed');
  const endMs = clock() + PATIENCE_MS;
  for (let attempt = 0; ; attempt += 1) {
    const left = outcomes.flatMap((outcome, index) => (outcome === 'failed' ? [index] : []));
    if (left.length === 0) return outcomes;
    if (attempt > 0) {
      const waitMs = retryWaitMs(attempt - 1, Math.random());
      if (clock() + waitMs > endMs) return outcomes;
      await pause(waitMs);
    }
    const now = await publisher.publish(left.flatMap((index) => events[index] ?? []));
    for (const [position, index] of left.entries()) outcomes[index] = now[position] ?? 'failed';
  }
}
