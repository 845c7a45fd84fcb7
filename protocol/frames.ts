import * as z from 'zod/mini';
import type { CloseReason, ErrorCode } from './codes.ts';
import {
  type Content,
  contentSchema,
  liveContentSchema,
  type PlainContent,
  type StoredContent,
  text,
} from './content.ts';
import type { DeskAgentPush, DeskAssignedPush, DeskUpdatedPush } from './desk.ts';
import { CLIENT_ID, isReactionName, parseConversationId, SENDER_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';

/** The frames (docs/protocol.md, section 4): one schema per action, and the types of everything the server sends. */

const frameId = lazySchema(() => z.string().check(z.regex(CLIENT_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ -')));
const userId = lazySchema(() => z.string().check(z.regex(USER_ID, 'is not a user id')));
const conversationId = lazySchema(() =>
  z.string().check(z.refine((value) => parseConversationId(value) !== undefined, 'is not a conversation id')),
);

export const helloSchema = lazySchema(() => z.object({ id: frameId() }));

export const ackInboxSchema = lazySchema(() =>
  z.object({ id: frameId(), batch: z.string().check(z.maxLength(8_192)) }),
);

export const heartbeatSchema = lazySchema(() => z.object({ id: frameId() }));

/** Whether the user sees the app on this device (IM-NOTIFY-2). */
export const activeSchema = lazySchema(() => z.object({ id: frameId(), active: z.boolean() }));

export const renewSchema = lazySchema(() =>
  z.object({ id: frameId(), token: z.string().check(z.maxLength(8_192)) }),
);

/** Names a conversation: by its id, or by the other user of a direct conversation. One with `system` can be read. */
export const target = lazySchema(() => ({
  to: z.optional(z.string().check(z.regex(SENDER_ID, 'is not a user id'))),
  conversationId: z.optional(conversationId()),
}));

export const exactlyOneTarget = lazySchema(() =>
  z.refine<{ to?: string | undefined; conversationId?: string | undefined }>(
    (value) => (value.to === undefined) !== (value.conversationId === undefined),
    {
      path: ['to'],
      message: 'exactly one of to and conversationId is required',
      // Also if other fields are wrong: whoever calls it the first time learns of all at once.
      when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
    },
  ),
);

const seq = lazySchema(() => z.int().check(z.minimum(1)));

const mentions = lazySchema(() =>
  z.optional(
    z.union([z.literal('all'), z.array(userId()).check(z.minLength(1), z.maxLength(LIMITS.mentions))]),
  ),
);

/** `POST /messages`, and `sendMessage` without its frame id. */
export const messageRequestSchema = lazySchema(() =>
  z
    .object({
      clientMsgId: frameId(),
      ...target(),
      content: contentSchema(),
      /** The seq of the message that this one answers (IM-REPLY). */
      replyTo: z.optional(seq()),
      /** User ids, or all members (IM-REPLY). */
      mentions: mentions(),
      /** Hint that this is not the first attempt (docs/protocol.md, section 4). */
      resend: z.optional(z.boolean()),
    })
    .check(exactlyOneTarget()),
);

export const readSchema = lazySchema(() =>
  z.object({ id: frameId(), ...target(), seq: seq() }).check(exactlyOneTarget()),
);

/** Names a message. */
export const messageTargetSchema = lazySchema(() =>
  z.object({ ...target(), seq: seq() }).check(exactlyOneTarget()),
);

export const recallSchema = lazySchema(() =>
  z.intersection(z.object({ id: frameId() }), messageTargetSchema()),
);

/** `PATCH /conversations/{conversationId}/messages/{seq}`, and `edit` without its target. */
const editFields = lazySchema(() => ({
  /** Chosen by the client, so that a repeat is recognized (IM-EDIT). */
  editId: frameId(),
  content: contentSchema(),
  /** Replaces the earlier mentions. */
  mentions: mentions(),
  /** Refuses the edit unless the message has this `rev`. */
  ifRev: z.optional(z.int().check(z.minimum(0))),
}));

export const editRequestSchema = lazySchema(() => z.object(editFields()));

/** An `edit` without its frame id. */
export const editMessageSchema = lazySchema(() =>
  z.object({ ...target(), seq: seq(), ...editFields() }).check(exactlyOneTarget()),
);

export const editSchema = lazySchema(() => z.intersection(z.object({ id: frameId() }), editMessageSchema()));

export type EditRequest = z.infer<ReturnType<typeof editRequestSchema>>;

export const reactionName = lazySchema(() =>
  z
    .string()
    .check(
      z.refine(
        isReactionName,
        `must be 1 to ${LIMITS.reactionNameBytes} bytes in NFC, without white space and control characters`,
      ),
    ),
);

export const reactSchema = lazySchema(() =>
  z
    .object({
      id: frameId(),
      ...target(),
      seq: seq(),
      /** Usually an emoji. */
      name: reactionName(),
      /** `false` removes the reaction. */
      on: z.boolean(),
    })
    .check(exactlyOneTarget()),
);

export const pinSchema = lazySchema(() =>
  z
    .object({
      id: frameId(),
      ...target(),
      seq: seq(),
      /** `false` unpins the message. */
      on: z.boolean(),
    })
    .check(exactlyOneTarget()),
);

export const typingSchema = lazySchema(() =>
  z.object({ ...target(), typing: z.boolean() }).check(exactlyOneTarget()),
);

/** `content` is the whole text so far; null: it won't become a message (IM-LIVE). */
export const liveSchema = lazySchema(() =>
  z
    .object({
      ...target(),
      /** The clientMsgId of the message that it becomes. */
      liveId: frameId(),
      index: z.int().check(z.minimum(0)),
      content: z.nullable(liveContentSchema()),
    })
    .check(exactlyOneTarget()),
);

export const presenceSchema = lazySchema(() =>
  z
    .object({
      id: frameId(),
      userIds: z.optional(z.array(userId()).check(z.minLength(1), z.maxLength(LIMITS.presenceUsers))),
      conversationId: z.optional(conversationId()),
    })
    .check(
      z.refine((value) => (value.userIds === undefined) !== (value.conversationId === undefined), {
        path: ['userIds'],
        message: 'exactly one of userIds and conversationId is required',
      }),
    ),
);

export const sendMessageSchema = lazySchema(() =>
  z.intersection(z.object({ id: frameId() }), messageRequestSchema()),
);

export type MessageRequest = z.infer<ReturnType<typeof messageRequestSchema>>;

/** Older clients use numbers as ids. */
const plainUserId = lazySchema(() =>
  z.pipe(
    z.pipe(
      z.union([z.string(), z.int()]),
      z.transform((value) => String(value)),
    ),
    userId(),
  ),
);

/** A text message of an older client, in `mode=plain` (IM-PLAIN). */
export const plainFrameSchema = lazySchema(() =>
  z.object({ fromUser: plainUserId(), toUser: plainUserId(), message: text() }),
);

/** The whole text of a simple heartbeat, and of its reply (IM-FRAME-4). */
export const HEARTBEAT_TEXT = 'heartbeat';
/** The whole text of the reply to a plain frame (IM-PLAIN). */
export const PLAIN_OK_TEXT = 'ok';

/** The users that a message mentions: their ids, or all members. */
export type Mentions = readonly string[] | 'all';

export interface Message {
  readonly conversationId: string;
  /** Orders the messages of a conversation. Unique, but may have gaps (IM-SEND-3). */
  readonly seq: number;
  readonly messageId: string;
  readonly clientMsgId: string;
  readonly from: string;
  readonly content: Content;
  /** Server time in epoch milliseconds. */
  readonly sentAt: number;
  /** 0 as sent, higher with each change. Of two copies the one with the higher `rev` is right (IM-CHANGE). */
  readonly rev: number;
  /** When its sender last edited it: epoch milliseconds by the server's clock. */
  readonly editedAt?: number;
  /** The seq of the message that this one answers. */
  readonly replyTo?: number;
  readonly mentions?: Mentions;
  /** In order of first use (IM-REACT). */
  readonly reactions?: readonly Reaction[];
  /** Missing unless the message is pinned (IM-PIN). */
  readonly pinned?: Pinned;
}

/** The user who pinned a message, and the time. */
export interface Pinned {
  readonly by: string;
  /** Epoch milliseconds by the server's clock. */
  readonly at: number;
}

/** One reaction to a message, with its users. */
export interface Reaction {
  /** Usually an emoji. */
  readonly name: string;
  /** The number of users, exact. */
  readonly count: number;
  /** The first users, at most 5. Missing in pushes, inbox pages, and `lastMessage`. */
  readonly users?: readonly string[];
  /** The reader is one of the users. Missing where `users` is. */
  readonly mine?: true;
}

/** A page of the inbox. `batch` is null if the inbox is empty. */
export interface InboxPage {
  readonly messages: readonly Message[];
  readonly batch: string | null;
  readonly more: boolean;
}

export interface Session {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** An invalid field of a request. */
export interface Issue {
  /** The path of the field, such as `content.text`; empty for the whole request. */
  readonly path: string;
  /** Why it is invalid, for developers. */
  readonly message: string;
}

export interface WelcomeFrame {
  readonly type: 'welcome';
  readonly id: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly connectionId: string;
  readonly serverTime: number;
  readonly session: Session;
  readonly heartbeatIntervalMs: number;
  readonly inbox: InboxPage;
}

export interface InboxFrame extends InboxPage {
  readonly type: 'inbox';
  readonly id: string;
}

/** What a sender learns of a message that is stored. */
export interface Sent {
  /** The id that the client chose (IM-SEND-2). */
  readonly clientMsgId: string;
  /** The conversation, also for a message sent `to` a user. */
  readonly conversationId: string;
  /** A ULID, globally unique. */
  readonly messageId: string;
  /** The position in the conversation. */
  readonly seq: number;
  /** Epoch milliseconds by the server's clock. */
  readonly sentAt: number;
  /** An earlier attempt has stored the message. */
  readonly duplicate: boolean;
}

/** The fields of `sent`, and the body of `POST /messages`. */
export interface SentBody extends Sent {
  /** What is stored, if it is not what was sent: files with their facts (IM-FILE-2), or what a hook has rewritten (IM-HOOK-3). */
  readonly content?: StoredContent;
}

export interface SentFrame extends SentBody {
  readonly type: 'sent';
  readonly id: string;
}

export interface HeartbeatFrame {
  readonly type: 'heartbeat';
  readonly id: string;
  readonly serverTime: number;
  readonly session: Session;
}

/** The reply to `renew`. */
export interface SessionFrame {
  readonly type: 'session';
  readonly id: string;
  readonly session: Session;
}

/** The reply to a change of a message: the message as it is now (IM-CHANGE-1). */
export interface MessageFrame {
  readonly type: 'message';
  readonly id: string;
  readonly message: Message;
}

/** The reply to `read`. */
export interface OkFrame {
  readonly type: 'ok';
  readonly id: string;
}

export interface PresenceFrame {
  readonly type: 'presence';
  readonly id: string;
  readonly users: readonly UserPresence[];
}

/** Whether a user is online. */
export interface UserPresence {
  /** The user. */
  readonly userId: string;
  /** Whether the user has a live session. */
  readonly online: boolean;
  /** Epoch milliseconds; null if never seen, or not visible to the caller. */
  readonly lastSeenAt: number | null;
}

/** The body of an HTTP error, and of an error frame. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly issues?: readonly Issue[];
}

export interface ErrorFrame extends ErrorBody {
  readonly type: 'error';
  /** Null if the frame's id was missing or malformed. */
  readonly id: string | null;
}

export interface MessagesPush {
  readonly type: 'messages';
  readonly messages: readonly Message[];
}

export interface SessionClosedPush {
  readonly type: 'session.closed';
  readonly code: CloseReason;
  /** With `rate_limited`: when the client may connect again. */
  readonly retryAfterMs?: number;
  /** With `banned`: when the ban ends, in epoch milliseconds. Missing: it does not end by itself. */
  readonly until?: number;
  readonly reconnect: boolean;
}

/** How far a member has read. */
export interface ReadPush {
  readonly type: 'read';
  readonly conversationId: string;
  readonly userId: string;
  readonly seq: number;
}

/** A change of a message. */
export interface MessageChange {
  /** `erased`: what a user wrote was erased from it: its content, a typed name, or a reaction. Others may have changed, too (IM-ERASE-5). */
  readonly kind: 'edited' | 'recalled' | 'erased' | 'reacted' | 'pinned' | 'unpinned';
  /** The user who made the change; `system` for the operator. */
  readonly by: string;
  /** Of `reacted`: the reaction. */
  readonly name?: string;
  /** Of `reacted`: whether it was added. */
  readonly on?: boolean;
}

/** A stored message changed. May arrive before an older copy of the message: the higher `rev` is right (IM-CHANGE-1). */
export interface ChangedPush {
  readonly type: 'changed';
  readonly conversationId: string;
  readonly change: MessageChange;
  /** As it is now. */
  readonly message: Message;
}

/** A user types. Clients drop it after a few seconds without another one. */
export interface TypingPush {
  readonly type: 'typing';
  readonly conversationId: string;
  readonly userId: string;
  readonly typing: boolean;
}

/** A text that grows until its message is sent. Clients drop it some seconds after the last one (IM-LIVE). */
export interface LivePush {
  readonly type: 'live';
  readonly conversationId: string;
  readonly from: string;
  readonly liveId: string;
  readonly index: number;
  readonly content: PlainContent | null;
}

/** The frames that the server sends without a request. */
export type ServerPush =
  | MessagesPush
  | ReadPush
  | ChangedPush
  | TypingPush
  | LivePush
  | DeskAgentPush
  | DeskAssignedPush
  | DeskUpdatedPush
  | SessionClosedPush;
