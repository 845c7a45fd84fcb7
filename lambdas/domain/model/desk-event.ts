import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';

/**
 * The events in the desk's SQS queue.
 * `match`: an assignment may be possible. `moved`: the positions of waiting customers may have changed. `watchdog`: sent
 * before a change, with a delay, to complete what its function did not.
 * `check-agent`: an agent may have had no session since `sinceMs`; check it.
 * `push-agent`: sent before a change of an agent, with a delay, in case its function dies before it pushes the new state.
 */
export const deskEventSchema = lazySchema(() =>
  z.pipe(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('match'),
        queue: z.string(),
        moved: z.boolean(),
        watchdog: z._default(z.boolean(), false),
        /** The former name of `watchdog`, in events enqueued before the last deployment. */
        guard: z._default(z.boolean(), false),
      }),
      z.object({ kind: z.literal(['check-agent', 'look']), userId: z.string(), sinceMs: z.int() }),
      z.object({ kind: z.literal('push-agent'), userId: z.string() }),
    ]),
    z.transform((event): DeskEvent => {
      // During the deployment that renamed them, the queue holds events with both names.
      if (event.kind === 'push-agent') return event;
      if (event.kind !== 'match') return { ...event, kind: 'check-agent' };
      const { guard, watchdog, ...match } = event;
      return { ...match, watchdog: watchdog || guard };
    }),
  ),
);

export type DeskEvent =
  | {
      readonly kind: 'match';
      readonly queue: string;
      readonly moved: boolean;
      readonly watchdog: boolean;
    }
  | { readonly kind: 'check-agent'; readonly userId: string; readonly sinceMs: number }
  | { readonly kind: 'push-agent'; readonly userId: string };

export interface DelayedDeskEvent {
  readonly event: DeskEvent;
  /** 0 to 900. */
  readonly delaySeconds: number;
}

export interface DeskEvents {
  /** Resolves when all are durable. @throws {UnavailableError} some may not be */
  enqueue(events: readonly DelayedDeskEvent[]): Promise<void>;
}
