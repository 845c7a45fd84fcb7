import * as z from 'zod/mini';
import { CLIENT_ID, parseConversationId, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';

/** The customer-service desk (IM-DESK): its frames and bodies. */

/** The known roles. Others in a token's roles claim are ignored (IM-ROLE). */
export const ROLES = ['agent', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];

const frameId = lazySchema(() => z.string().check(z.regex(CLIENT_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ -')));
const queueName = lazySchema(() => z.string().check(z.maxLength(LIMITS.queueNameChars)));
const supportId = lazySchema(() =>
  z.string().check(z.refine((value) => parseConversationId(value) !== undefined, 'is not a conversation id')),
);

export const deskOpenSchema = lazySchema(() =>
  z.object({
    id: frameId(),
    /** Default: the first queue of the deployment. */
    queue: z.optional(queueName()),
    topic: z.optional(
      z.string().check(
        z.trim(),
        z.minLength(1),
        z.maxLength(LIMITS.topicChars),
        z.refine((value) => value.isWellFormed(), 'must not have lone surrogates'),
      ),
    ),
  }),
);

export const deskCloseSchema = lazySchema(() =>
  z.object({
    id: frameId(),
    conversationId: supportId(),
    rating: z.optional(z.int().check(z.minimum(1), z.maximum(5))),
  }),
);

export const deskReadySchema = lazySchema(() =>
  z.object({
    id: frameId(),
    queues: z.array(queueName()).check(z.minLength(1), z.maxLength(LIMITS.queuesPerAgent)),
    capacity: z.int().check(z.minimum(1), z.maximum(LIMITS.agentCapacity)),
  }),
);

export const deskAwaySchema = lazySchema(() => z.object({ id: frameId() }));

export const deskTransferSchema = lazySchema(() =>
  z.object({
    id: frameId(),
    conversationId: supportId(),
    /** An agent, or the word `queue`: back to the head of the chat's queue. */
    to: z.string().check(z.regex(USER_ID, 'is not a user id')),
  }),
);

export const CHAT_STATES = ['waiting', 'assigned', 'closed'] as const;
/** `waiting` in its queue, `assigned` to an agent, or `closed`. */
export type ChatState = (typeof CHAT_STATES)[number];

/** Query of `GET /desk/chats`. */
export const deskChatsQuerySchema = lazySchema(() =>
  z.object({
    state: z.optional(z.enum(CHAT_STATES)),
    cursor: z.optional(z.string().check(z.maxLength(1_024))),
  }),
);

/** A support chat as its customer, its agent, and supervisors see it. Times are epoch milliseconds. */
export interface DeskChat {
  /** `cs:<ULID>`. */
  readonly conversationId: string;
  /** The queue that the chat was opened in. */
  readonly queue: string;
  /** The chat's state. */
  readonly state: ChatState;
  /** The customer's user id. */
  readonly customer: string;
  /** The agent, with the `name` claim of their token; null while waiting. */
  readonly agent: { readonly userId: string; readonly name?: string } | null;
  /** The subject that the customer gave. */
  readonly topic?: string;
  /** Position in the queue: 1 is next. Only while waiting, and not in every frame. */
  readonly position?: number;
  /** Epoch milliseconds of `desk.open`. */
  readonly openedAt: number;
  /** Epoch milliseconds of the last assignment. */
  readonly assignedAt?: number;
  /** Epoch milliseconds of the end. */
  readonly closedAt?: number;
  /** The customer's rating, 1 to 5. */
  readonly rating?: number;
}

/** `ready` takes new chats, `away` keeps the current ones, `offline` had no connection for too long (IM-DESK-7). */
export type AgentStatus = 'ready' | 'away' | 'offline';

/** An agent's state. It is the same for all of the agent's sessions (IM-DESK-8). */
export interface DeskAgent {
  /** The agent. */
  readonly userId: string;
  /** Whether the agent takes chats. */
  readonly status: AgentStatus;
  /** The queues that the agent takes chats from. */
  readonly queues: readonly string[];
  /** The largest number of chats at a time. */
  readonly capacity: number;
  /** The number of chats assigned to the agent. */
  readonly active: number;
  /** Grows with each change: of two frames, the one with the lower version is the older one. */
  readonly version: number;
  /** The `name` claim of the agent's token when they were last ready. */
  readonly name?: string;
}

/** The reply to `desk.open`, `desk.close`, and `desk.transfer`. */
export interface DeskChatFrame {
  readonly type: 'desk.chat';
  readonly id: string;
  readonly chat: DeskChat;
}

/** The reply to `desk.ready` and `desk.away`. */
export interface DeskAgentFrame {
  readonly type: 'desk.agent';
  readonly id: string;
  readonly agent: DeskAgent;
}

/** The state of the session's own agent has changed, by this session or otherwise (IM-DESK-8). */
export interface DeskAgentPush {
  readonly type: 'desk.agent';
  readonly agent: DeskAgent;
}

/** A chat was assigned to an agent. */
export interface DeskAssignedPush {
  readonly type: 'desk.assigned';
  readonly chat: DeskChat;
  /** The conversation's head: the agent catches up from history up to this seq. */
  readonly head: number;
}

/** A chat changed: its position, its agent, or its state. */
export interface DeskUpdatedPush {
  readonly type: 'desk.updated';
  readonly chat: DeskChat;
}

export interface DeskChatsBody {
  readonly chats: readonly DeskChat[];
  readonly cursor: string | null;
}

/** The state of a queue, for supervisors. */
export interface SupportQueue {
  /** The queue's name. */
  readonly queue: string;
  /** The number of waiting chats. */
  readonly waiting: number;
  /** Age of the oldest waiting chat in milliseconds; 0 if no chat waits. */
  readonly longestWaitMs: number;
  /** The number of the queue's agents by status. */
  readonly agents: Readonly<Record<AgentStatus, number>>;
}

export interface DeskQueuesBody {
  readonly queues: readonly SupportQueue[];
}

/** The caller's roles at the desk, and the queues to choose from. */
export interface DeskMeBody {
  /** The caller's roles. */
  readonly roles: readonly Role[];
  /** The names of all queues. */
  readonly queues: readonly string[];
  /** The caller's state; null without the role `agent`. */
  readonly agent: DeskAgent | null;
}

export interface DeskAgentsBody {
  /** Everybody who is ready, by user id. */
  readonly agents: readonly DeskAgent[];
}
