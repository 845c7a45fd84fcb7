import * as z from 'zod/mini';
import { messageRequestSchema } from './frames.ts';
import { createGroupSchema, type GroupBody, type MembersBody } from './http.ts';
import { DEVICE_ID, parseConversationId, SENDER_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';
import type { Profile } from './people.ts';

/** The admin API (docs/protocol.md, section 21): routes, bodies, and answers. */
export const ADMIN_ROUTES = [
  'POST /admin/messages',
  'POST /admin/users/{userId}/log-out',
  'PUT /admin/users/{userId}/ban',
  'DELETE /admin/users/{userId}/ban',
  'GET /admin/users/{userId}',
  'PUT /admin/users/{userId}/profile',
  'DELETE /admin/conversations/{conversationId}/messages/{seq}',
  'POST /admin/conversations/{conversationId}/messages/{seq}/erase',
  'POST /admin/users/{userId}/export',
  'DELETE /admin/users/{userId}',
  'GET /admin/tasks/{taskId}',
  'POST /admin/imports',
  'POST /admin/imports/{importId}/tasks',
  'POST /admin/groups',
  'GET /admin/groups/{conversationId}',
  'PATCH /admin/groups/{conversationId}',
  'DELETE /admin/groups/{conversationId}',
  'POST /admin/groups/{conversationId}/members',
  'DELETE /admin/groups/{conversationId}/members/{userId}',
] as const;

export type AdminRoute = (typeof ADMIN_ROUTES)[number];

/** `POST /admin/messages`: a message as any user, or as `system`. */
export const adminMessageSchema = lazySchema(() =>
  z.intersection(
    z.object({ from: z.string().check(z.regex(SENDER_ID, 'is not a user id')) }),
    messageRequestSchema(),
  ),
);

/** `POST /admin/users/{userId}/log-out`. The body may be missing. */
export const adminLogOutSchema = lazySchema(() =>
  z.object({
    /** @default - all sessions */
    deviceId: z.optional(z.string().check(z.regex(DEVICE_ID, 'is not a device id'))),
  }),
);

/** `PUT /admin/users/{userId}/ban` replaces the whole ban. The body may be missing. */
export const adminBanSchema = lazySchema(() =>
  z.object({
    /** Epoch milliseconds. @default - until the ban is lifted */
    until: z.optional(z.int().check(z.minimum(0))),
    /** For the operator. No user sees it. */
    reason: z.optional(z.string().check(z.maxLength(LIMITS.banReasonChars))),
  }),
);

const conversationId = lazySchema(() =>
  z.string().check(z.refine((id) => parseConversationId(id) !== undefined, 'is not a conversation id')),
);

/** The message in a path. */
export const messagePath = lazySchema(() =>
  z.object({
    conversationId: conversationId(),
    seq: z.string().check(z.regex(/^[1-9][0-9]{0,14}$/, 'must be a whole number from 1')),
  }),
);

/** The task in a path. */
export const taskPath = lazySchema(() =>
  z.object({ taskId: z.string().check(z.regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'is not a task id')) }),
);

/** The answer to what starts a task. */
export interface TaskStarted {
  readonly taskId: string;
}

/** `GET /admin/tasks/{taskId}`: how far a task is (IM-ERASE-1). */
export interface AdminTaskBody {
  readonly taskId: string;
  readonly kind: 'erase' | 'export' | 'delete-group' | 'import';
  /** Of an erasure or an export. */
  readonly userId?: string;
  /** Of the deletion of a group. */
  readonly conversationId?: string;
  /** Of an import, and whether it only says what it would refuse. */
  readonly importId?: string;
  readonly dryRun?: boolean;
  readonly state: 'running' | 'done';
  /** What it is at. Missing when it is done. */
  readonly step?: string;
  /** What it has done so far, by name. A repeat after a failure may count twice. */
  readonly counts: Readonly<Record<string, number>>;
  /** Epoch milliseconds, as all times. */
  readonly startedAt: number;
  /** When it last got on. Long ago in a running task: look for its job in the dead-letter queue. */
  readonly updatedAt: number;
  /** Of an export or an import that is done: whoever has it can get the file, or the report, until `expiresAt`. Missing after 7 days, when it is deleted. */
  readonly link?: string;
  readonly expiresAt?: number;
}

const userId = lazySchema(() => z.string().check(z.regex(USER_ID, 'is not a user id')));

/** `POST /admin/groups`: as `POST /groups`, but for the operator, who is no member. */
export const adminCreateGroupSchema = lazySchema(() =>
  z.pipe(
    z
      .extend(createGroupSchema(), {
        members: z.array(userId()).check(z.minLength(1), z.maxLength(LIMITS.membersPerRequest)),
        /** @default - the first member */
        admins: z.optional(z.array(userId()).check(z.minLength(1), z.maxLength(20))),
      })
      .check(
        z.refine(({ members, admins = [] }) => admins.every((admin) => members.includes(admin)), {
          path: ['admins'],
          message: 'must be members',
        }),
      ),
    z.transform(({ admins, ...group }) => ({ ...group, admins: admins ?? group.members.slice(0, 1) })),
  ),
);

/** The group in a path. */
export const groupPath = lazySchema(() => z.object({ conversationId: conversationId() }));

/** The member in a path. */
export const groupMemberPath = lazySchema(() =>
  z.object({ conversationId: conversationId(), userId: userId() }),
);

/** `GET /admin/groups/{conversationId}`: a group, and a page of its members. */
export interface AdminGroupBody extends GroupBody, MembersBody {
  /** Whether members see messages from before they joined. */
  readonly openHistory: boolean;
}

/** `GET /admin/users/{userId}`: what the server knows of a user. Any user id has an answer: there is no user directory. */
export interface AdminUserBody {
  readonly userId: string;
  /** Open sessions, and those whose socket has ended without a word. */
  readonly sessions: readonly AdminSession[];
  /** The end of the last session, epoch milliseconds. Missing if none has ended yet. */
  readonly lastSeenAt?: number;
  /** Missing if there is none, or it was lifted. It may have ended. */
  readonly ban?: {
    /** When the operator said so, epoch milliseconds. */
    readonly at: number;
    /** When it ends. Missing: not by itself. */
    readonly until?: number;
    readonly reason?: string;
  };
  /** In credits (IM-BUDGET). Missing if users of this deployment have no budget. */
  readonly budget?: {
    /** What the user can spend now. Below 0: requests are refused. */
    readonly left: number;
    readonly perMinute: number;
    readonly burst: number;
  };
  /** Missing if the user has none. */
  readonly profile?: Profile;
  /** How many devices get notifications. Missing in a deployment without them. */
  readonly pushDevices?: number;
}

export interface AdminSession {
  readonly deviceId: string;
  readonly mode: 'managed' | 'plain' | 'polling';
  /** Epoch milliseconds, as all times. */
  readonly connectedAt: number;
  readonly expiresAt: number;
}
