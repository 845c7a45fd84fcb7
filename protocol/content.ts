import * as z from 'zod/mini';
import { lazySchema } from './lazy-schema.ts';

/** At least one character that is not white space; any Unicode but lone surrogates (IM-SEND-8). */
export const text = lazySchema(() =>
  z.string().check(
    z.refine((value) => value.trim().length > 0, 'must have a character that is not white space'),
    z.refine((value) => value.isWellFormed(), 'must not have lone surrogates'),
  ),
);

/**
 * What a client may send (IM-SEND-8). Unknown fields are dropped; other types are refused. `data` is any JSON; that it
 * can be carried between all clients is checked when it is made canonical.
 */
export const contentSchema = lazySchema(() =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: text() }),
    z.object({
      type: z.literal('custom'),
      data: z.unknown().check(z.refine((value) => value !== undefined, 'is missing')),
      fallback: z.optional(
        z.string().check(z.refine((value) => value.isWellFormed(), 'must not have lone surrogates')),
      ),
    }),
  ]),
);

export type SentContent = z.infer<ReturnType<typeof contentSchema>>;

/** In the place of what was recalled. */
export interface RecalledContent {
  readonly type: 'recalled';
  readonly by: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What happens to a support chat (IM-DESK): `requeued` is back at the head of its queue. */
export type DeskEvent = 'opened' | 'assigned' | 'transferred' | 'requeued' | 'closed';

/** A change of a group or support chat: a message like any other, so that it has its place in the order (IM-GROUP). */
export interface SystemContent {
  readonly type: 'system';
  readonly event: 'created' | 'joined' | 'left' | 'removed' | 'renamed' | 'admins' | DeskEvent;
  /**
   * Who joined, left, was removed; of `admins` all that there are now; of `created` the first members; of `assigned` and
   * `transferred` the agent that has the chat now, of `requeued` the one that had it.
   */
  readonly users?: readonly string[];
  readonly name?: string;
  readonly by: string;
}

/** Content as it is read. Clients ignore unknown types. */
export type Content = SentContent | RecalledContent | SystemContent;
