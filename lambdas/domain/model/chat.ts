import type { AgentStatus, ChatState, DeskAgent, DeskChat } from '../../../protocol/desk.ts';
import type { StoredMessage } from './message.ts';

/** A support chat, as stored in the head of its conversation. */
export interface Chat {
  readonly conversationId: string;
  readonly queue: string;
  readonly state: ChatState;
  readonly customer: string;
  readonly agent?: { readonly userId: string; readonly name?: string };
  readonly topic?: string;
  readonly openedAtMs: number;
  /**
   * While waiting: the chat was requeued, so it goes ahead of chats that were never assigned (IM-DESK-5, IM-DESK-7).
   */
  readonly isBack?: boolean;
  readonly assignedAtMs?: number;
  readonly closedAtMs?: number;
  readonly rating?: number;
}

export interface Agent extends DeskAgent {
  /** 0: never. */
  readonly lastAssignedAtMs: number;
  /** Increases with each status change, so that a write based on an outdated read fails. */
  readonly revision: number;
}

/** A chat before and after a change, and the system message about it. */
export interface ChatChange {
  readonly before: Chat | undefined;
  readonly after: Chat;
  /** Its seq is the head's next: if a message or another change takes that seq first, this change fails. */
  readonly message: StoredMessage;
  /** The change fails unless the agent who loses the chat is offline. */
  readonly ifOffline?: true;
}

/** The support queues of the desk, and its agents. All reads are strong. */
export interface DeskReader {
  /** Returns the conversation id of the customer's open chat in this queue. */
  openChatOf(customer: string, queue: string): Promise<string | undefined>;
  /** The first `limit` waiting chats, in queue order. */
  waiting(queue: string, limit: number): Promise<readonly Waiting[]>;
  /** 1 is next. At most `maxPosition`. */
  positionOf(chat: Chat): Promise<number>;
  agent(userId: string): Promise<Agent | undefined>;
  /** All agents who are ready for one of these queues, each once. */
  readyAgents(queues: readonly string[]): Promise<readonly Agent[]>;
  agentCounts(queue: string): Promise<Readonly<Record<AgentStatus, number>>>;
  /** Conversation ids after `after`, in order, which is by age. */
  chatIds(
    list: ChatList,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly string[]>;
}

export interface DeskWriter {
  /**
   * Changes the chat, its queue entry, its members, and its agents' load, stores the message, and adds an entry to the
   * notification outbox, in one transaction.
   * @returns false if nothing was changed: the chat or head has changed since `before` and `message` were made, the new
   *   agent is not ready or at capacity, the former agent is not offline though `ifOffline` is set, or the customer of a
   *   new chat has an open one in the queue
   */
  apply(change: ChatChange): Promise<boolean>;
  /** @returns false if the chat is open, or has a rating already */
  rate(conversationId: string, rating: number): Promise<boolean>;
  /** @returns false if nothing was changed, since the agent has changed after `before` was read */
  setAgent(change: AgentChange): Promise<boolean>;
  /** Claims the queue's next sweep. Returns false if it isn't due: another worker has claimed it. */
  claimSweep(queue: string, nowMs: number, untilMs: number): Promise<boolean>;
}

export interface Waiting {
  readonly conversationId: string;
  readonly customer: string;
  readonly openedAtMs: number;
}

/** Changes status, queues, and capacity, but not the load. */
export interface AgentChange {
  readonly userId: string;
  readonly status: AgentStatus;
  readonly queues: readonly string[];
  readonly capacity: number;
  readonly name?: string | undefined;
  /** The agent as read; `undefined` if there was none. */
  readonly before: Agent | undefined;
}

/** The open or closed chats of an agent or a queue. */
export interface ChatList {
  readonly of: { readonly agent: string } | { readonly queue: string };
  readonly part: 'open' | 'closed';
}

export function toDeskChat(chat: Chat, position?: number): DeskChat {
  const { conversationId, queue, state, customer, agent, topic, rating } = chat;
  return {
    conversationId,
    queue,
    state,
    customer,
    agent: agent ?? null,
    ...(topic !== undefined && { topic }),
    ...(position !== undefined && state === 'waiting' && { position }),
    openedAt: chat.openedAtMs,
    ...(chat.assignedAtMs !== undefined && { assignedAt: chat.assignedAtMs }),
    ...(chat.closedAtMs !== undefined && { closedAt: chat.closedAtMs }),
    ...(rating !== undefined && { rating }),
  };
}

export function toDeskAgent(agent: DeskAgent): DeskAgent {
  const { userId, status, queues, capacity, active, version, name } = agent;
  return { userId, status, queues, capacity, active, version, ...(name !== undefined && { name }) };
}
