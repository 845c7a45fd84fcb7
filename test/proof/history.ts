import type { PeopleEvent, Settings } from './people-history.ts';
import type { PlatformEvent } from './platform-history.ts';
import type { Effect, SeenMessage } from './seen-message.ts';

export type { Effect, SeenMessage } from './seen-message.ts';

/**
 * What a run of clients did and saw, as one log. An event's place in it is its time: an event that stands before
 * another happened before it, as the clients (all in one process) can tell. It is JSON, so that a failed run can be
 * kept and judged again.
 */
export interface History {
  readonly seed: number;
  readonly conversations: readonly Conversation[];
  readonly events: readonly HistoryEvent[];
  /** When each event was added, in milliseconds. */
  readonly times?: readonly number[];
}

export interface Conversation {
  readonly conversationId: string;
  /** In a group, the first is always its admin. */
  readonly members: readonly string[];
  /** `members` may be in it at times; its history and the `membership` events say when. */
  readonly isChanging?: boolean;
}

export type Via = 'socket' | 'http' | 'event' | 'import';

/** One try of one send. Tries with the same sender, conversation, clientMsgId, and content are the same send. */
export interface Try {
  readonly type: 'try';
  /** The id of this try. */
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
  /** No answer, `unavailable`, `internal`, or a gateway frame: executed or not. */
  | { readonly is: 'unknown'; readonly why: string }
  /** The service queue has it: it will be sent, without an ack. */
  | { readonly is: 'queued' };

/** A try may have two outcomes: unknown, and then a late answer. */
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
  /** Of a page: the log index of its request. */
  readonly begun?: number;
}

/** The request of a history page. */
export interface HistoryPage {
  readonly conversationId: string;
  readonly after?: number;
  readonly before?: number;
  readonly hasMore: boolean;
  /** The log index of the request. */
  readonly begun: number;
}

export interface ListedConversation {
  readonly conversationId: string;
  readonly head: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly lastMessage: SeenMessage | null;
  /** Of a direct conversation. */
  readonly peerReadSeq?: number;
  readonly settings?: Settings;
}

/** One full read of the list of conversations. */
export interface Listed {
  readonly type: 'listed';
  readonly user: string;
  readonly begun: number;
  readonly conversations: readonly ListedConversation[];
}

/** A `read` that was acknowledged, or may have been executed. */
export interface MarkedRead {
  readonly type: 'read';
  readonly user: string;
  readonly conversationId: string;
  readonly seq: number;
  /** The log index of the send. */
  readonly begun: number;
  readonly done: boolean;
}

/** `user` was added to a group or removed from it. */
export interface Membership {
  readonly type: 'membership';
  readonly user: string;
  readonly conversationId: string;
  /** The user who changes it. */
  readonly by?: string;
  readonly change: 'add' | 'remove';
  /** The log index of the request. */
  readonly begun: number;
  readonly outcome: Effect;
}

export interface Recalled {
  readonly type: 'recall';
  readonly user: string;
  readonly conversationId: string;
  readonly seq: number;
  /** The log index of the send. */
  readonly begun: number;
  readonly outcome: Effect;
}

/** One try of one edit. */
export interface Edited extends Omit<Recalled, 'type'> {
  readonly type: 'edit';
  readonly editId: string;
  readonly content: unknown;
}

/** One try to add a reaction, or to take it back. */
export interface Reacted extends Omit<Recalled, 'type'> {
  readonly type: 'react';
  readonly name: string;
  readonly on: boolean;
}

/** One try to pin a message, or to unpin it. */
export interface PinTried extends Omit<Recalled, 'type'> {
  readonly type: 'pin';
  readonly on: boolean;
}

/** A `read` push: a member's cursor. */
export interface CursorPushed {
  readonly type: 'cursor';
  readonly user: string;
  readonly conversationId: string;
  /** Whose cursor. */
  readonly of: string;
  readonly seq: number;
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

/** Closed, cut, silent, or replaced: no promise holds for this connection any more. */
export interface Disconnected {
  readonly type: 'disconnected';
  readonly connection: string;
  readonly why: string;
}

/** The faults have ended. From here on time passes for the queues as fast as they want. */
export interface Resting {
  readonly type: 'resting';
}

/** The faults have ended, all sends have an outcome, the queues are empty, and nothing runs. */
export interface Healed {
  readonly type: 'healed';
}

/** A device reconnected, drained its inbox, and paged what was missing by its heads (IM-HELLO-3). */
export interface Synced {
  readonly type: 'synced';
  readonly user: string;
  readonly device: string;
  /** Its messages, deduplicated and in display order. */
  readonly view: readonly Pick<SeenMessage, 'conversationId' | 'seq' | 'messageId'>[];
}

/** A program's store has this message, which nobody has acked: it must arrive. */
export interface Kept {
  readonly type: 'kept';
  readonly user: string;
  readonly conversationId: string;
  readonly clientMsgId: string;
}

/** What an SDK's view shows as unsent, in its order. */
export interface Unsent {
  readonly type: 'unsent';
  readonly user: string;
  readonly device: string;
  readonly conversationId: string;
  readonly unsent: readonly string[];
}

/** An SDK's view at the end, in its order. */
export interface Shown {
  readonly type: 'shown';
  readonly user: string;
  readonly device: string;
  readonly conversationId: string;
  readonly messages: readonly SeenMessage[];
}

/** An SDK's list of conversations at the end. */
export interface Offered {
  readonly type: 'offered';
  readonly user: string;
  readonly device: string;
  readonly conversationIds: readonly string[];
}

/** An SDK gave up, or is still not done when everything works again. */
export interface Ended {
  readonly type: 'ended';
  readonly user: string;
  readonly device: string;
  readonly why: string;
  /** Of the error with which its connection failed. */
  readonly code?: string;
  /** The log index of the connection's last state before it failed. */
  readonly begun?: number;
}

/** A support chat, as the desk tells it. */
export interface DeskRecord {
  readonly conversationId: string;
  readonly customer: string;
  readonly state: 'waiting' | 'assigned' | 'closed';
  readonly agent: { readonly userId: string } | null;
  readonly topic?: string;
  readonly rating?: number;
}

/** A request to the desk about a chat. */
export interface AtDesk {
  readonly type: 'desk';
  readonly user: string;
  readonly did: 'open' | 'close' | 'transfer';
  /** The log index of the request. */
  readonly begun: number;
  /** Of a request about a known chat. */
  readonly conversationId?: string;
  readonly rating?: number;
  readonly outcome: Effect;
  /** The answer. */
  readonly chat?: DeskRecord;
}

/** All chats at the end, as a supervisor reads them. */
export interface DeskFinal {
  readonly type: 'chats';
  readonly user: string;
  readonly chats: readonly DeskRecord[];
}

/** The whole history of a conversation at the end. */
export interface Final {
  readonly type: 'final';
  readonly user: string;
  readonly conversationId: string;
  readonly messages: readonly SeenMessage[];
}

/** A note of the harness, ignored by the checker. */
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
  | Edited
  | Reacted
  | PinTried
  | CursorPushed
  | Connected
  | Drained
  | Disconnected
  | Healed
  | Synced
  | AtDesk
  | DeskFinal
  | Kept
  | Unsent
  | Shown
  | Offered
  | Ended
  | Final
  | PeopleEvent
  | PlatformEvent
  | Resting
  | Note;
