import { vi } from 'vitest';
import { PATIENCE_MS } from '../../setup/patience.ts';
import type { Json } from './json.ts';
import type { Stack } from './stack.ts';
import { openTopicQueue, type TopicQueue } from './topic-queue.ts';

/** A queue that is subscribed to the stack's topic of events, for which a test waits. */
export interface Subscriber extends TopicQueue {
  /** Waits until such an event is there. */
  event(fits: (event: Json) => boolean): Promise<Json>;
  /** Waits until all of these are there. */
  ids(...ids: readonly string[]): Promise<void>;
}

/** @param policy a filter policy. @default - all events */
export async function subscribeTo(stack: Stack, policy?: object): Promise<Subscriber> {
  const queue = await openTopicQueue(stack, policy);
  const eventually = <Found>(look: (events: readonly Json[]) => Found | undefined): Promise<Found> =>
    vi.waitFor(
      async () => {
        const events = await queue.all();
        const found = look(events);
        if (found === undefined)
          throw new Error(`Not among ${JSON.stringify(events.map(({ id, type }) => `${type} ${id}`))}`);
        return found;
      },
      { timeout: PATIENCE_MS, interval: 30 },
    );
  return {
    ...queue,
    event: (fits) => eventually((events) => events.find(fits)),
    ids: async (...ids) => {
      await eventually((events) => {
        const there = new Set(events.map(({ id }) => id));
        return ids.every((id) => there.has(id)) || undefined;
      });
    },
  };
}

/** How often each event came. */
export function countsOf(events: readonly Json[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { id } of events) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
