import * as z from 'zod/mini';
import { ATTACHMENT_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';

/** Any Unicode text without lone surrogates, with at least one character that is not white space (IM-SEND-8). */
export const text = lazySchema(() =>
  z.string().check(
    z.refine((value) => value.trim().length > 0, 'must have a character that is not white space'),
    z.refine((value) => value.isWellFormed(), 'must not have lone surrogates'),
  ),
);

const textContent = lazySchema(() => z.object({ type: z.literal('text'), text: text() }));

const customContent = lazySchema(() =>
  z.object({
    type: z.literal('custom'),
    data: z.unknown().check(z.refine((value) => value !== undefined, 'is missing')),
    fallback: z.optional(
      z.string().check(z.refine((value) => value.isWellFormed(), 'must not have lone surrogates')),
    ),
  }),
);

/** Names files that were uploaded (IM-FILE-2). What else a client says of them is dropped: the server knows it. */
const sentFiles = lazySchema(() =>
  z.object({
    type: z.literal('file'),
    attachments: z
      .array(
        z.object({
          attachmentId: z.string().check(z.regex(ATTACHMENT_ID, 'is not an attachment id')),
        }),
      )
      .check(
        z.minLength(1),
        z.maxLength(LIMITS.attachmentsPerMessage),
        z.refine(
          (list) => new Set(list.map(({ attachmentId }) => attachmentId)).size === list.length,
          'names an attachment twice',
        ),
      ),
    text: z.optional(text()),
  }),
);

/**
 * The content that a client may send (IM-SEND-8). Unknown fields are dropped; other types are refused. `data` is any
 * JSON; a value that not all clients can read is refused later, when the JSON is made canonical.
 */
export const contentSchema = lazySchema(() =>
  z.discriminatedUnion('type', [textContent(), customContent(), sentFiles()]),
);

/** A text that is not a message yet has no files (IM-LIVE). */
export const liveContentSchema = lazySchema(() =>
  z.discriminatedUnion('type', [textContent(), customContent()]),
);

/** A text. */
export interface TextContent {
  readonly type: 'text';
  /** At least one character that is not white space; any Unicode except lone surrogates (IM-SEND-8). */
  readonly text: string;
}

/**
 * Content that the app defines.
 *
 * @example
 * conversation.send({ type: 'custom', data: { kind: 'poll', id: 7 }, fallback: 'A poll' });
 */
export interface CustomContent {
  readonly type: 'custom';
  /** Any JSON value. */
  readonly data: unknown;
  /** The text that lists, notifications, and clients that don't know this data show instead. */
  readonly fallback?: string | undefined;
}

/** Text, or data of the app. */
export type PlainContent = TextContent | CustomContent;

/** Files as a client sends them: only their ids. */
export type SentFiles = z.infer<ReturnType<typeof sentFiles>>;

export type SentContent = PlainContent | SentFiles;

/** A file of a message, as its record says (IM-FILE-2). */
export interface Attachment {
  readonly attachmentId: string;
  /** At most 255 bytes, in NFC, without control characters and those that turn the direction of text. */
  readonly name: string;
  /** In bytes, exact. */
  readonly size: number;
  /** As its sender said, such as `image/jpeg`, in lower case. */
  readonly type: string;
  /** Of a picture or video, in pixels. Said by the sender, as are the other facts below. */
  readonly width?: number;
  readonly height?: number;
  /** Of a sound or video. */
  readonly durationMs?: number;
  /** Missing if the sender made none. */
  readonly thumbnail?: Thumbnail;
  /** The operator has removed the file: it has no link, and none of the facts above but name, size, and type (IM-FILE-8). */
  readonly removed?: true;
}

/** A small picture of a file: at most 320 pixels in each direction. */
export interface Thumbnail {
  readonly type: 'image/webp' | 'image/jpeg' | 'image/png';
  /** In bytes, exact. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
}

/** The content of a message with files (IM-FILE). */
export interface FileContent {
  readonly type: 'file';
  /** 1 to 10, in the order in which they were sent. */
  readonly attachments: readonly Attachment[];
  readonly text?: string | undefined;
}

/** What is stored of what a user sends. */
export type StoredContent = PlainContent | FileContent;

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
export type Content = StoredContent | RecalledContent | ErasedContent | SystemContent;
