import type { AgentStatus, ChatState, DeskAgent, DeskChat } from '../../../protocol/desk.ts';
import type { MessageKey, StoredMessage } from '../message.ts';

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
  /** Its seq is the head's next: who else took it made the change impossible. */
  readonly message: StoredMessage;
  /** Only if the agent who loses the chat is offline. */
  readonly ifOffline?: true;
}

/** A change of which not everybody concerned has been told for certain: its message, and who lost the chat by it. */
export interface Untold extends MessageKey {
  readonly seq: number;
  /** When the change was made. */
  readonly sinceMs: number;
  readonly former?: string | undefined;
}

/** The queues of the desk, and its agents. Reads are strong. */
export interface DeskTable {
  /**
   * Changes the chat, its place in its queue, its members, and its agents' load, and stores the message: all in one
   * transaction, or nothing.
   * @returns false if chat or head are no longer as `before` and `message` say, an agent that should get it isn't ready
   *   or is full, one that should be offline isn't, or a new chat's customer has an open one in that queue
   */
  apply(change: ChatChange): Promise<boolean>;
  /** Everybody concerned has been told. */
  forgetUntold(queue: string, untold: Pick<Untold, 'conversationId' | 'seq'>): Promise<void>;
  untold(queue: string): Promise<readonly Untold[]>;
  /** The customer's open chat in this queue. */
  openChatOf(customer: string, queue: string): Promise<string | undefined>;
  /** The next to be served, in order. */
  waiting(queue: string, limit: number): Promise<readonly Waiting[]>;
  /** 1 is next; no further back than `maxPosition`. */
  positionOf(chat: Chat): Promise<number>;
  /** @returns false if the chat is open, or has one already */
  rate(conversationId: string, rating: number): Promise<boolean>;
  agent(userId: string): Promise<Agent | undefined>;
  /** @returns false if there has been another change since `before` was read, and nothing was done */
  setAgent(change: AgentChange): Promise<boolean>;
  /** All that are ready for this queue. */
  readyAgents(queue: string): Promise<readonly Agent[]>;
  agentCounts(queue: string): Promise<Readonly<Record<AgentStatus, number>>>;
  /** Ordered by conversation id, which is by age, strictly after `after`. */
  chatIds(
    list: ChatList,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly string[]>;
  /** Takes the queue's patrol over, which is due; returns false if somebody else has until later. */
  claimPatrol(queue: string, nowMs: number, untilMs: number): Promise<boolean>;
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
