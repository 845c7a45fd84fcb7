import type { Message, Sent } from '../../../protocol/frames.ts';
import type { Content } from './content.ts';
import type { ImError } from './errors.ts';

/**
 * `pending`: on its way. `sent`: the server has stored it. `read`: an own message that another user has read.
 * `failed`: it was refused, or the client was closed before it was sent.
 */
export type MessageState = 'pending' | 'sent' | 'read' | 'failed';

/** A message as a program sees it, its own user's or another's. */
export interface ChatMessage {
  /** Identifies the message within its conversation and never changes: a key for lists. */
  readonly key: string;
  /** Undefined for an own message written before this client has ever connected. */
  readonly conversationId: string | undefined;
  /** Chosen by the sender's client; unique for its sender in this conversation (IM-SEND-2). */
  readonly clientMsgId: string;
  /** Undefined for an own message written before this client has ever connected. */
  readonly from: string | undefined;
  /** Whether this user wrote it, here or on another device. */
  readonly mine: boolean;
  readonly content: Content;
  /** Epoch milliseconds: the server's time, or this device's until that is known. */
  readonly sentAt: number;
  readonly state: MessageState;
  /** Position in the conversation: order by this. Undefined until sent. */
  readonly seq: number | undefined;
  readonly messageId: string | undefined;
  /** Why it failed. */
  readonly error: ImError | undefined;
}

/** A message that this client is sending or has sent. Its properties change with its state. */
export interface OwnMessage extends ChatMessage {
  /**
   * Resolves when the server has stored the message (IM-SEND-1), whichever attempt succeeded; rejects with an `ImError`
   * when it was refused or the client was closed. While the connection is lost it stays pending. A retry replaces it.
   */
  readonly acked: Promise<Sent>;
}

/** User ids have no colon, so keys of different users never collide. */
export function keyOf(from: string | undefined, mine: boolean, clientMsgId: string): string {
  return `${mine ? '' : from}:${clientMsgId}`;
}

/** Converts a message of the server. `readUpTo`: how far others have read. */
export function receivedMessage(message: Message, userId: string | undefined, readUpTo = 0): ChatMessage {
  const { from, seq, clientMsgId } = message;
  const mine = from === userId;
  const state = mine && seq <= readUpTo ? 'read' : 'sent';
  const key = keyOf(from, mine, clientMsgId);
  return { ...message, key, mine, state, error: undefined };
}

const FIELDS = [
  'key',
  'conversationId',
  'clientMsgId',
  'from',
  'mine',
  'content',
  'sentAt',
  'state',
  'seq',
  'messageId',
  'error',
] as const satisfies (keyof ChatMessage)[];

/** A snapshot of an own message: unlike the original it never changes. */
export function copyOf(message: ChatMessage): ChatMessage {
  return Object.fromEntries(FIELDS.map((field) => [field, message[field]])) as unknown as ChatMessage;
}
