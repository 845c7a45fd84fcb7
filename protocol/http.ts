import * as z from 'zod/mini';
import type { ErrorBody, InboxPage, Message, Session } from './frames.ts';
import { DEVICE_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';
import { type ConversationSettings, PEOPLE_HTTP_ROUTES } from './people.ts';

/** The HTTP API (docs/protocol.md, section 6): query parameters, and bodies. */

/**
 * Route keys of all routes except the poll. The source for the HTTP API's routes and the dispatch of the `http`
 * function.
 */
export const HTTP_ROUTES = [
  'GET /session',
  'GET /conversations',
  'GET /conversations/{conversationId}/messages',
  'GET /conversations/{conversationId}/changes',
  'PATCH /conversations/{conversationId}/messages/{seq}',
  'DELETE /conversations/{conversationId}/messages/{seq}',
  'PUT /conversations/{conversationId}/messages/{seq}/reactions/{name}',
  'DELETE /conversations/{conversationId}/messages/{seq}/reactions/{name}',
  'PUT /conversations/{conversationId}/messages/{seq}/pin',
  'DELETE /conversations/{conversationId}/messages/{seq}/pin',
  'GET /conversations/{conversationId}/pins',
  'POST /messages',
  'POST /groups',
  'GET /groups/{id}',
  'PATCH /groups/{id}',
  'GET /groups/{id}/members',
  'POST /groups/{id}/members',
  'DELETE /groups/{id}/members/{userId}',
  'GET /groups/{id}/reads',
  ...PEOPLE_HTTP_ROUTES,
] as const;

/** Additional routes of a deployment with a desk. */
export const DESK_HTTP_ROUTES = [
  'GET /desk/me',
  'GET /desk/agents',
  'GET /desk/chats',
  'GET /desk/queues',
] as const;

/** Has its own function, since a waiting poll occupies a whole instance (IM-POLL). */
export const POLL_ROUTE = 'POST /poll';

export type HttpRoute = (typeof HTTP_ROUTES)[number] | (typeof DESK_HTTP_ROUTES)[number];

const pageLimit = lazySchema(() =>
  z.optional(
    z
      .string()
      .check(z.regex(/^[0-9]{1,3}$/, 'must be a whole number'))
      .check(
        z.refine(
          (value) => Number(value) >= 1 && Number(value) <= LIMITS.pageMax,
          `must be 1 to ${LIMITS.pageMax}`,
        ),
      ),
  ),
);
const seq = lazySchema(() =>
  z.optional(z.string().check(z.regex(/^[0-9]{1,15}$/, 'must be a whole number'))),
);

export const sessionQuerySchema = lazySchema(() =>
  z.object({
    deviceId: z.optional(z.string().check(z.regex(DEVICE_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ . -'))),
  }),
);

/** `POST /poll` (IM-POLL). */
export const pollSchema = lazySchema(() =>
  z.object({
    deviceId: z.string().check(z.regex(DEVICE_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ . -')),
    waitMs: z._default(z.int().check(z.minimum(0), z.maximum(LIMITS.pollWaitMs)), LIMITS.pollWaitMs),
    /** Acknowledges the page of the previous poll. */
    batch: z.nullish(z.string().check(z.maxLength(8_192))),
  }),
);

export interface PollBody extends InboxPage {
  /** No message arrived within `waitMs`. */
  readonly timedOut: boolean;
  /** When the device's session ends unless it polls again. */
  readonly session: Session;
}

export const conversationsQuerySchema = lazySchema(() =>
  z.object({
    limit: pageLimit(),
    /** Server time in epoch milliseconds: leaves out conversations unchanged since (docs/protocol.md, section 6). */
    changedSince: z.optional(z.string().check(z.regex(/^[0-9]{1,15}$/, 'must be a whole number'))),
    cursor: z.optional(z.string().check(z.maxLength(1_024))),
  }),
);

export const messagesQuerySchema = lazySchema(() =>
  z.object({ limit: pageLimit(), after: seq(), before: seq() }).check(
    z.refine((value) => value.after === undefined || value.before === undefined, {
      path: ['after'],
      message: 'only one of after and before is allowed',
    }),
  ),
);

export const changesQuerySchema = lazySchema(() =>
  z.object({
    since: z.string().check(z.regex(/^[0-9]{1,15}$/, 'must be epoch milliseconds')),
    cursor: z.optional(z.string().check(z.maxLength(1_024))),
  }),
);

/** The body of an error. */
export interface HttpErrorBody extends ErrorBody {
  /** Of a banned user: when the ban ends, in epoch milliseconds. Missing: not by itself (IM-BAN-1). */
  readonly until?: number;
}

export interface SessionBody {
  readonly userId: string;
  readonly wsUrl: string;
  readonly serverTime: number;
  readonly heartbeatIntervalMs: number;
}

export interface Conversation {
  readonly conversationId: string;
  readonly kind: 'direct' | 'group' | 'support';
  /** The other user of a direct conversation. */
  readonly peer?: string;
  /** How far the other user of a direct conversation has read. */
  readonly peerReadSeq?: number;
  /** A group's name, or a support chat's topic. */
  readonly name?: string;
  /** The highest allocated seq. It may have no message. */
  readonly head: number;
  readonly lastMessage: Message | null;
  readonly readSeq: number;
  /** Others' messages above `readSeq`, at most 100. */
  readonly unread: number;
  /** Of those, the ones that mention the user, or all. Missing if none does. */
  readonly mentioned?: number;
  /** There may be more unread messages: counting them all would have read too much. */
  readonly unreadIsAtLeast?: true;
  /** The user's own (IM-SETTINGS). Missing if all have their defaults. */
  readonly settings?: ConversationSettings;
}

export interface ConversationsBody {
  readonly conversations: readonly Conversation[];
  /** Groups and support chats that the user left or lost since (IM-CHANGE-3). Only on a first page with `changedSince`. */
  readonly removed?: readonly string[];
  /** The complete list follows, since the server no longer knows all removals. Only on the first page. */
  readonly reset?: true;
  readonly cursor: string | null;
}

export interface HistoryBody {
  /** Ascending by seq. */
  readonly messages: readonly Message[];
  readonly head: number;
  /** Whether there are more messages in the paging direction. */
  readonly hasMore: boolean;
}

/** A page of the messages that changed since a time (IM-CHANGE-2). */
export interface ChangesBody {
  /** As they are now, in order of last change. */
  readonly messages: readonly Message[];
  readonly cursor: string | null;
  /** The next `since`: epoch milliseconds, the same on every page of a feed. */
  readonly serverTime: number;
  /** More messages changed than the feed holds, or the time is too long ago: reload all kept messages of the conversation. */
  readonly reset?: true;
}

/** The pinned messages of a conversation (IM-PIN). */
export interface PinsBody {
  /** Those that the user may see, the latest pin first. */
  readonly messages: readonly Message[];
}

const userId = lazySchema(() => z.string().check(z.regex(USER_ID, 'is not a user id')));
const groupName = lazySchema(() =>
  z.string().check(
    z.trim(),
    z.minLength(1),
    z.maxLength(LIMITS.groupNameChars),
    z.refine((value) => value.isWellFormed(), 'must not have lone surrogates'),
  ),
);
const members = lazySchema(() => z.array(userId()).check(z.maxLength(LIMITS.membersPerRequest)));

const whoPins = lazySchema(() => z.enum(['admins', 'members']));
const whoPosts = lazySchema(() => z.enum(['everyone', 'admins']));
const slowModeSeconds = lazySchema(() => z.int().check(z.minimum(0), z.maximum(LIMITS.slowModeSeconds)));

export const createGroupSchema = lazySchema(() =>
  z.object({
    name: groupName(),
    members: z._default(members(), []),
    /** Whether members see messages from before they joined. */
    openHistory: z._default(z.boolean(), false),
    /** The members who may pin messages (IM-PIN). */
    pins: z._default(whoPins(), 'admins'),
    /** The members who may write (IM-BUDGET-5). */
    posting: z._default(whoPosts(), 'everyone'),
    /** How long a member who is no admin waits between two messages (IM-BUDGET-5). */
    slowModeSeconds: z._default(slowModeSeconds(), 0),
  }),
);

export const updateGroupSchema = lazySchema(() =>
  z
    .object({
      name: z.optional(groupName()),
      admins: z.optional(z.array(userId()).check(z.minLength(1), z.maxLength(20))),
      pins: z.optional(whoPins()),
      posting: z.optional(whoPosts()),
      slowModeSeconds: z.optional(slowModeSeconds()),
    })
    .check(
      z.refine((update) => Object.values(update).some((value) => value !== undefined), {
        path: ['name'],
        message: 'name, admins, pins, posting, or slowModeSeconds is required',
      }),
    ),
);

export const addMembersSchema = lazySchema(() => z.object({ members: members().check(z.minLength(1)) }));

export const cursorQuerySchema = lazySchema(() =>
  z.object({ cursor: z.optional(z.string().check(z.maxLength(1_024))) }),
);

/** A group. */
export interface GroupBody {
  /** `g:<ULID>`. */
  readonly conversationId: string;
  /** 1 to 100 characters. */
  readonly name: string;
  /** The admins' user ids, 1 to 20. */
  readonly admins: readonly string[];
  /** The number of members, admins included. */
  readonly memberCount: number;
  /** The members who may pin messages: the admins, or all. */
  readonly pins: 'admins' | 'members';
  /** The members who may write: all, or the admins. */
  readonly posting: 'everyone' | 'admins';
  /** How long a member who is no admin waits between two messages; 0: not at all. */
  readonly slowModeSeconds: number;
}

/** A page of a group's members. */
export interface MembersBody {
  /** Ordered by user id. `joinedSeq`: the seq of the system message of joining. */
  readonly members: readonly { readonly userId: string; readonly joinedSeq: number }[];
  readonly cursor: string | null;
}

/** A page of the read cursors of a group or support chat. */
export interface ReadsBody {
  /** Each member has read everything up to `seq`. `joinedSeq`: the seq of the system message of joining. */
  readonly reads: readonly { readonly userId: string; readonly joinedSeq: number; readonly seq: number }[];
  readonly cursor: string | null;
}
