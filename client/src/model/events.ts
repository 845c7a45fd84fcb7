import type { MessageChange } from '../../../protocol/frames.ts';
import type { ConnectionChange } from './connection-change.ts';
import type { ConversationSummary } from './conversation-summary.ts';
import type { ChatMessage } from './message.ts';
import type { Block, Contact } from './people.ts';
import type { PushState } from './push-state.ts';

/** The events of `Conversation.on`. */
export interface ConversationEvents {
  /**
   * A new message: this client's own as soon as it is sent (with a `store`, once that was read, which takes 2 s at most:
   * older unsent messages come first), all others (this user's from other devices too) in order of
   * seq, each once. Only a message that fills a gap (see `gap`) comes after later ones: insert it by its `seq`. A
   * message may also be in a page of `history`: compare by `key`.
   */
  message: ChatMessage;
  /** A message that this client sent changed its `state` to `pending`, `sent`, or `failed`. */
  state: ChatMessage;
  /** Bytes of a file of this client's message were sent, or its uploads began, ended, or failed: see `uploads` of the message. */
  upload: ChatMessage;
  /** `discard` removed a failed message or one whose files were being uploaded, or an unsent message in the `store` turned out to be another user's. */
  discarded: ChatMessage;
  /** Another user, or this one on another device, has read up to `seq`. */
  read: ReadEvent;
  /** A message was edited, recalled, or erased. If the message itself arrives later, it has the change already. */
  changed: ChangedEvent;
  /** Another user started or stopped typing. */
  typing: TypingEvent;
  /** Messages are missing, or no longer missing. */
  gap: Gap;
}

/** A user has read up to a seq. */
export interface ReadEvent {
  /** The user who has read. */
  readonly userId: string;
  /** Everything up to here is read. */
  readonly seq: number;
}

/** Another user was active. */
export interface ActivityEvent {
  /** The user who was active. */
  readonly userId: string;
  /** The conversation in which the user was active. */
  readonly conversationId: string;
}

/** A message changed. */
export interface ChangedEvent {
  /** The kind of the change, and its author. Undefined if this client learnt of the change later. */
  readonly change: MessageChange | undefined;
  /** The message as it is now. */
  readonly message: ChatMessage;
}

/** A user started or stopped typing. */
export interface TypingEvent {
  /** The user who started or stopped. */
  readonly userId: string;
  /** True: started. False: stopped, sent the message, or silent for 6 s. */
  readonly typing: boolean;
  /** The ids of all users who are typing now, in the order they started. */
  readonly users: readonly string[];
}

/**
 * Seqs that the server has allocated and that this client lacks, below messages that it has.
 *
 * - `open`: the client emits later messages after waiting a second at most, and keeps looking for the missing ones.
 * - `filled`: all of them have arrived, each as a `message`.
 * - `void`: after 15 s, those that are still missing never arrive (IM-SEND-3); mostly the seq of a send that failed.
 */
export interface Gap {
  /** The first missing seq. */
  readonly from: number;
  /** The last missing seq. */
  readonly to: number;
  /** Whether the gap is still open, and how it ended. */
  readonly state: 'open' | 'filled' | 'void';
}

/** The server takes no requests of this user for a while. */
export interface LimitedEvent {
  /** Milliseconds until it does again. */
  readonly retryAfterMs: number;
}

/** The events of `Client.on`. */
export interface ClientEvents {
  /** The connection changed its state. */
  connection: ConnectionChange;
  /** The list of conversations changed. Changes that happen together are one event. */
  conversations: readonly ConversationSummary[];
  /** A new message in any conversation, opened or not; otherwise the same as `message` of the conversation. */
  message: ChatMessage;
  /** The profiles of these users were read, or this user's own was set: `im.profiles.known` has them. */
  profiles: readonly string[];
  /** The user's contacts were read or changed. */
  contacts: readonly Contact[];
  /** The list of blocked users was read or changed. */
  blocks: readonly Block[];
  /** Whether this device gets notifications has changed. */
  push: PushState;
  /**
   * The server refused a request of this client with `rate_limited`: it takes requests again after `retryAfterMs`. Messages
   * wait by themselves and are sent then (IM-BUDGET-1).
   */
  limited: LimitedEvent;
  /** Another user read, typed, or recalled a message just now, so they are online. A new `message` says the same. */
  activity: ActivityEvent;
  /**
   * A push of a type that this client does not know: from a route of your own, or the desk's. The parsed JSON object, as
   * it came: check it. Pushes that were missed while disconnected are not repeated, and while polling none arrive.
   */
  frame: unknown;
}
