import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';

/**
 * What the desk's SQS queue carries.
 * `match`: chats may wait, and agents be free. `moved`: waiting customers may have another position now. `watchdog`: sent
 * before a change, and delayed: looks whether all that belongs to the change was done.
 * `check-agent`: an agent seems to have had no session since `sinceMs`; check whether that is so.
 */
export const deskEventSchema = lazySchema(() =>
  z.pipe(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('match'),
        queue: z.string(),
        moved: z.boolean(),
        watchdog: z._default(z.boolean(), false),
        guard: z._default(z.boolean(), false),
      }),
      z.object({ kind: z.literal(['check-agent', 'look']), userId: z.string(), sinceMs: z.int() }),
    ]),
    z.transform((event): DeskEvent => {
      // Until the update that renamed them is everywhere, the queue holds events of both names.
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
  | { readonly kind: 'check-agent'; readonly userId: string; readonly sinceMs: number };

export interface DelayedDeskEvent {
  readonly event: DeskEvent;
  /** 0 to 900 */
  readonly delaySeconds: number;
}

export interface DeskEvents {
  /** Durable when it resolves. @throws {UnavailableError} if any of them isn't */
  enqueue(events: readonly DelayedDeskEvent[]): Promise<void>;
}
