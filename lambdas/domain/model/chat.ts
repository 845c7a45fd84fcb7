import type { AgentStatus, ChatState, DeskAgent, DeskChat } from '../../../protocol/desk.ts';
import type { MessageKey, StoredMessage } from './message.ts';

/** A support chat: what its conversation's head says beside the sequence. */
export interface Chat {
  readonly conversationId: string;
  readonly queue: string;
  readonly state: ChatState;
  readonly customer: string;
  readonly agent?: { readonly userId: string; readonly name?: string };
  readonly topic?: string;
  readonly openedAtMs: number;
  /** While waiting: stands before all that have never been assigned (IM-DESK-5, IM-DESK-7). */
  readonly isBack?: boolean;
  readonly assignedAtMs?: number;
  readonly closedAtMs?: number;
  readonly rating?: number;
}

export interface Agent extends DeskAgent {
  /** Shown to customers. */
  readonly name?: string;
  /** 0: never. */
  readonly lastAssignedAtMs: number;
  /** Another one after each change of status, so that a look at an agent can't undo a later word of his. */
  readonly revision: number;
}

/** What a chat was, what it is now, and the message that says so. */
export interface ChatChange {
  readonly before: Chat | undefined;
  readonly after: Chat;
  /** Its seq is the head's next: a change or message that took it first makes this one impossible. */
  readonly message: StoredMessage;
  /** Only if the agent who loses the chat is offline. */
  readonly ifOffline?: true;
}

/** An entry of the notification outbox: the change of a chat, with its message, of which some may not know yet. */
export interface OutboxEntry extends MessageKey {
  readonly seq: number;
  /** When the change was made. */
  readonly sinceMs: number;
  /** The agent who lost the chat by it. */
  readonly former?: string | undefined;
}

/**
 * The transactional outbox: every change of a chat leaves an entry, in the same transaction, which is deleted once the
 * notifications are out. An entry that is left over belongs to a function that died in between.
 */
export interface NotificationOutbox {
  pending(queue: string): Promise<readonly OutboxEntry[]>;
  /** All notifications of this change are out. Idempotent. */
  markAsSent(queue: string, entry: Pick<OutboxEntry, 'conversationId' | 'seq'>): Promise<void>;
}

/** The support queues of the desk, and its agents. All reads are strong. */
export interface DeskReader {
  /** The customer's open chat in this queue. */
  openChatOf(customer: string, queue: string): Promise<string | undefined>;
  /** The next to be served, in order. */
  waiting(queue: string, limit: number): Promise<readonly Waiting[]>;
  /** 1 is next; no further back than `maxPosition`. */
  positionOf(chat: Chat): Promise<number>;
  agent(userId: string): Promise<Agent | undefined>;
  /** All that are ready for this queue. */
  readyAgents(queue: string): Promise<readonly Agent[]>;
  agentCounts(queue: string): Promise<Readonly<Record<AgentStatus, number>>>;
  /** Ordered by conversation id, which is by age, strictly after `after`. */
  chatIds(
    list: ChatList,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly string[]>;
}

export interface DeskWriter {
  /**
   * Changes the chat, its place in its queue, its members, and its agents' load, stores the message, and puts the change
   * into the notification outbox: all in one transaction, or nothing.
   * @returns false if chat or head are no longer as `before` and `message` say, an agent that should get it isn't ready
   *   or is full, one that should be offline isn't, or a new chat's customer has an open one in that queue
   */
  apply(change: ChatChange): Promise<boolean>;
  /** @returns false if the chat is open, or has a rating already */
  rate(conversationId: string, rating: number): Promise<boolean>;
  /** @returns false if there has been another change since `before` was read, and nothing was done */
  setAgent(change: AgentChange): Promise<boolean>;
  /** Takes over the queue's sweep, which is due; returns false if another worker has it until later. */
  claimSweep(queue: string, nowMs: number, untilMs: number): Promise<boolean>;
}

export interface Waiting {
  readonly conversationId: string;
  readonly customer: string;
  readonly openedAtMs: number;
}

/** Status, queues, and capacity; the load stays. */
export interface AgentChange {
  readonly userId: string;
  readonly status: AgentStatus;
  readonly queues: readonly string[];
  readonly capacity: number;
  readonly name?: string | undefined;
  /** As read; undefined: there was none. */
  readonly before: Agent | undefined;
}

/** What an agent has or had, or all of a queue. */
export interface ChatList {
  readonly of: { readonly agent: string } | { readonly queue: string };
  readonly part: 'open' | 'closed';
}

/** As it goes over the wire. */
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

export function toDeskAgent({ userId, status, queues, capacity, active }: DeskAgent): DeskAgent {
  return { userId, status, queues, capacity, active };
}
