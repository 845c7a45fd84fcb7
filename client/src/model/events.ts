import type { ConversationSummary } from '../conversations/conversation-list.ts';
import type { ConnectionChange } from '../transport/connection.ts';
import type { DeskPush } from '../transport/frames.ts';
import type { ChatMessage } from './message.ts';

export interface ConversationEvents {
  /**
   * A message that wasn't here before: an own one at once when it is sent, others in order of seq, each once. Own ones
   * of other devices too. Only a message that fills a gap (see `gap`) comes after later ones: put it where its `seq`
   * says. What `history` returns is not repeated here, but a message may be in both: `key` tells.
   */
  message: ChatMessage;
  /** An own message of this client changed its `state` to pending, sent, or failed. */
  state: ChatMessage;
  /** A failed message was forgotten by `discard`. */
  discarded: ChatMessage;
  /** Somebody has read up to `seq`: another, or this user on another device. */
  read: ReadEvent;
  /** A message was taken back: show `by` and `at` instead of its content. It may not have come here yet. */
  recalled: RecalledEvent;
  /** Somebody began or stopped typing. */
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
  /** Epoch milliseconds, the server's. */
  readonly at: number;
}

export interface TypingEvent {
  readonly userId: string;
  readonly typing: boolean;
  /** All who are typing now. */
  readonly users: readonly string[];
}

/**
 * Seqs that the server has handed out and that are not here, below messages that are.
 *
 * - `open`: what came after is shown without waiting for them any longer (a second at most). They are looked for.
 * - `filled`: all of them have come, each as a `message`.
 * - `void`: 15 s have passed, and those that did not come never will (IM-SEND-3): a send that failed, mostly.
 */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly state: 'open' | 'filled' | 'void';
}

export interface ClientEvents {
  connection: ConnectionChange;
  /** The list of conversations changed; many changes at once are told once. */
  conversations: readonly ConversationSummary[];
  /** A message of any conversation, also of those that nobody has opened: as `message` of the conversation. */
  message: ChatMessage;
  /** A support chat of this user's changed, as the server tells it: `@serverless-im/client/desk` is the way to hear of it. */
  desk: DeskPush;
}
