import type { DeskAssignedPush, DeskUpdatedPush } from '../../../protocol/desk.ts';
import type { ConnectionChange } from './connection-change.ts';
import type { ConversationSummary } from './conversation-summary.ts';
import type { ChatMessage } from './message.ts';

export interface ConversationEvents {
  /**
   * A message that wasn't here before: an own one at once when it is sent, others in order of seq, each once. Own
   * messages sent from other devices are included. Only a message that fills a gap (see `gap`) comes after later ones:
   * insert it by its `seq`. What `history` returns is not repeated here, but a message may be in both: compare by `key`.
   */
  message: ChatMessage;
  /** An own message of this client changed its `state` to pending, sent, or failed. */
  state: ChatMessage;
  /** A failed message was removed by `discard`. */
  discarded: ChatMessage;
  /** A user has read up to `seq`: another user, or this one on another device. */
  read: ReadEvent;
  /** A message was recalled: show `by` and `at` instead of its content. The message itself may come later. */
  recalled: RecalledEvent;
  /** A user began or stopped typing. */
  typing: TypingEvent;
  /** Messages seem to be missing, or no longer are. */
  gap: Gap;
}

export interface ReadEvent {
  readonly userId: string;
  readonly seq: number;
}

export interface RecalledEvent {
  readonly seq: number;
  readonly by: string;
  /** Epoch milliseconds by the server's clock. */
  readonly at: number;
}

export interface TypingEvent {
  readonly userId: string;
  readonly typing: boolean;
  /** All users who are typing now. */
  readonly users: readonly string[];
}

/**
 * Seqs that the server has allocated and that are not here, below messages that are.
 *
 * - `open`: later messages are shown without waiting any longer (the wait is a second at most). The client keeps looking
 *   for the missing ones.
 * - `filled`: all of them have come, each as a `message`.
 * - `void`: after 15 s, those that have not come never will (IM-SEND-3); mostly the seq of a send that failed.
 */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly state: 'open' | 'filled' | 'void';
}

export type DeskPush = DeskAssignedPush | DeskUpdatedPush;

export interface ClientEvents {
  connection: ConnectionChange;
  /** The list of conversations changed. Changes that happen together are one event. */
  conversations: readonly ConversationSummary[];
  /** A message of any conversation, opened or not: the same as `message` of the conversation. */
  message: ChatMessage;
  /** A support chat of this user changed, as pushed by the server. `@serverless-im/client/desk` builds on it. */
  desk: DeskPush;
}
