/**
 * What a run of clients did and saw, as one log. An event's place in it is its time: an event that stands before
 * another happened before it, as the clients (all in one process) can tell. It is JSON, so that a failed run can be
 * kept and judged again.
 */
export interface History {
  readonly seed: number;
  readonly conversations: readonly Conversation[];
  readonly events: readonly HistoryEvent[];
}

export interface Conversation {
  readonly conversationId: string;
  /** Of a group, the first is its admin for ever. */
  readonly members: readonly string[];
  /** Its `members` are those who may be in it at times: when, its own record and the `membership` events tell. */
  readonly isChanging?: boolean;
}

export interface SeenMessage {
  readonly conversationId: string;
  readonly seq: number;
  readonly messageId: string;
  readonly clientMsgId: string;
  readonly from: string;
  readonly content: unknown;
  readonly sentAt: number;
}

export type Via = 'socket' | 'http' | 'event';

/** One try of one send. Tries with the same sender, conversation, clientMsgId, and content are the same send. */
export interface Try {
  readonly type: 'try';
  /** Names this try. */
  readonly id: number;
  readonly user: string;
  readonly via: Via;
  readonly connection?: string;
  readonly conversationId: string;
  readonly clientMsgId: string;
  readonly content: unknown;
}

export type Outcome =
  | {
      readonly is: 'acked';
      readonly messageId: string;
      readonly seq: number;
      readonly sentAt: number;
      readonly duplicate: boolean;
    }
  | { readonly is: 'refused'; readonly code: string }
  /** No answer, `unavailable`, `internal`, or a frame of the gateway's own: done or not. */
  | { readonly is: 'unknown'; readonly why: string }
  /** The service queue has it: it will be sent, and nobody is told. */
  | { readonly is: 'queued' };

/** A try may have two: unknown, and then an answer that came late. */
export interface Settled {
  readonly type: 'settled';
  readonly id: number;
  readonly outcome: Outcome;
}

export type Channel = 'push' | 'inbox' | 'history';

/** A frame or a page with messages, in its own order. */
export interface Saw {
  readonly type: 'saw';
  readonly user: string;
  readonly device?: string;
  readonly connection?: string;
  readonly channel: Channel;
  readonly messages: readonly SeenMessage[];
  readonly page?: HistoryPage;
  /** Of a page: place in the log when it was asked for. */
  readonly begun?: number;
}

/** What a page of history was asked for. */
export interface HistoryPage {
  readonly conversationId: string;
  readonly after?: number;
  readonly before?: number;
  readonly hasMore: boolean;
  /** Place in the log when it was asked for. */
  readonly begun: number;
}

export interface ListedConversation {
  readonly conversationId: string;
  readonly head: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly lastMessage: SeenMessage | null;
}

/** One full read of the list of conversations. */
export interface Listed {
  readonly type: 'listed';
  readonly user: string;
  readonly begun: number;
  readonly conversations: readonly ListedConversation[];
}

/** A `read` that was acknowledged, or may have been done. */
export interface MarkedRead {
  readonly type: 'read';
  readonly user: string;
  readonly conversationId: string;
  readonly seq: number;
  /** Place in the log when it was sent. */
  readonly begun: number;
  readonly done: boolean;
}

/** Somebody was put into a group, or taken out of it; `user` is who, not by whom. */
export interface Membership {
  readonly type: 'membership';
  readonly user: string;
  readonly conversationId: string;
  readonly change: 'add' | 'remove';
  /** Place in the log when it was asked for. */
  readonly begun: number;
  readonly outcome: Effect;
}

export interface Recalled {
  readonly type: 'recall';
  readonly user: string;
  readonly conversationId: string;
  readonly seq: number;
  /** Place in the log when it was sent. */
  readonly begun: number;
  readonly outcome: Effect;
}

/** `unknown`: no answer, or one that says so. */
export type Effect = 'done' | 'refused' | 'unknown';

/** A frame `read`: somebody's cursor, as told to others. */
export interface Told {
  readonly type: 'told';
  readonly user: string;
  readonly conversationId: string;
}

export interface Connected {
  readonly type: 'connected';
  readonly user: string;
  readonly device: string;
  readonly connection: string;
  readonly mode: 'managed' | 'plain';
}

/** The connection has said `hello` and emptied the inbox. */
export interface Drained {
  readonly type: 'drained';
  readonly connection: string;
}

/** Closed, cut, deaf, or displaced: nothing is promised to this connection any more. */
export interface Disconnected {
  readonly type: 'disconnected';
  readonly connection: string;
  readonly why: string;
}

/** Faults are over, all sends have an outcome, queues are empty, nothing runs. */
export interface Calm {
  readonly type: 'calm';
}

/** A device reconnected, drained its inbox, and paged what its heads showed to be missing (IM-HELLO-3). */
export interface Synced {
  readonly type: 'synced';
  readonly user: string;
  readonly device: string;
  /** All it has, deduplicated and in the order in which it shows it. */
  readonly view: readonly Pick<SeenMessage, 'conversationId' | 'seq' | 'messageId'>[];
}

/** The whole record of a conversation when all was over. */
export interface Final {
  readonly type: 'final';
  readonly user: string;
  readonly conversationId: string;
  readonly messages: readonly SeenMessage[];
}

/** What the harness did: no evidence, but the story. */
export interface Note {
  readonly type: 'note';
  readonly text: string;
}

export type HistoryEvent =
  | Try
  | Settled
  | Saw
  | Listed
  | MarkedRead
  | Membership
  | Recalled
  | Told
  | Connected
  | Drained
  | Disconnected
  | Calm
  | Synced
  | Final
  | Note;
