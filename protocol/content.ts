import * as z from 'zod/mini';
import { lazySchema } from './lazy-schema.ts';

/** Any Unicode text without lone surrogates, with at least one character that is not white space (IM-SEND-8). */
export const text = lazySchema(() =>
  z.string().check(
    z.refine((value) => value.trim().length > 0, 'must have a character that is not white space'),
    z.refine((value) => value.isWellFormed(), 'must not have lone surrogates'),
  ),
);

/**
 * The content that a client may send (IM-SEND-8). Unknown fields are dropped; other types are refused. `data` is any
 * JSON; a value that not all clients can read is refused later, when the JSON is made canonical.
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

/** The content of a recalled message. */
export interface RecalledContent {
  readonly type: 'recalled';
  /** The user who recalled it. */
  readonly by: string;
  /** Epoch milliseconds by the server's clock. */
  readonly at: number;
}

/** The content of a message of a user whom the operator has erased (IM-ERASE-4). */
export interface ErasedContent {
  readonly type: 'erased';
}

/** Events of a support chat (IM-DESK). `requeued`: the chat went back to the head of its queue. */
export type ChatEvent = 'opened' | 'assigned' | 'transferred' | 'requeued' | 'closed';

/** A change of a group or support chat. It is a message, so it is ordered among the others (IM-GROUP). */
export interface SystemContent {
  readonly type: 'system';
  /** The change. */
  readonly event:
    | 'created'
    | 'joined'
    | 'left'
    | 'removed'
    | 'renamed'
    | 'admins'
    | 'pins'
    | 'posting'
    | 'slowMode'
    | ChatEvent;
  /**
   * The users who joined, left, or were removed; for `admins` all current admins; for `created` the first members; for
   * `assigned` and `transferred` the new agent; for `requeued` the former agent.
   */
  readonly users?: readonly string[];
  /**
   * The new name, of `created` and `renamed`, and the topic, of `opened`, all missing once their author was erased (IM-ERASE-4); of `pins` who may pin, `admins` or `members`; of `posting`
   * who may write, `everyone` or `admins`; of `slowMode` the seconds between two messages.
   */
  readonly name?: string;
  /** The user who made the change, or `im:desk`. */
  readonly by: string;
}

/** The content of a received message. Clients ignore unknown types. */
export type Content = SentContent | RecalledContent | ErasedContent | SystemContent;
