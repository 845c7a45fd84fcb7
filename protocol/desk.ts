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
  readonly conversationId: string;
  readonly queue: string;
  readonly state: ChatState;
  readonly customer: string;
  readonly agent: { readonly userId: string; readonly name?: string } | null;
  readonly topic?: string;
  /** Position in the queue: 1 is next. Only while waiting, and not in every frame. */
  readonly position?: number;
  readonly openedAt: number;
  readonly assignedAt?: number;
  readonly closedAt?: number;
  readonly rating?: number;
}

export type AgentStatus = 'ready' | 'away' | 'offline';

export interface DeskAgent {
  readonly userId: string;
  readonly status: AgentStatus;
  readonly queues: readonly string[];
  readonly capacity: number;
  /** The number of chats assigned to the agent. */
  readonly active: number;
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

/** A queue that customers wait in. */
export interface SupportQueue {
  readonly queue: string;
  readonly waiting: number;
  /** Age of the oldest waiting chat in milliseconds; 0 if no chat waits. */
  readonly longestWaitMs: number;
  readonly agents: Readonly<Record<AgentStatus, number>>;
}

export interface DeskQueuesBody {
  readonly queues: readonly SupportQueue[];
}
