import type { Message, Sent } from '../../../protocol/frames.ts';
import type { Content } from './content.ts';
import type { ImError } from './errors.ts';

/**
 * `pending`: on its way. `sent`: the server has it for good. `read`: an own message that somebody else has read up to.
 * `failed`: it was refused, or sending was given up.
 */
export type MessageState = 'pending' | 'sent' | 'read' | 'failed';

/** A message as a program sees it, own or other's. */
export interface ChatMessage {
  /** Names the message within its conversation, the same from pending to read: a key for lists. */
  readonly key: string;
  /** Undefined for an own message written before this client ever was connected. */
  readonly conversationId: string | undefined;
  /** Chosen by the sender's client; unique for its sender in this conversation (IM-SEND-2). */
  readonly clientMsgId: string;
  /** Undefined for an own message written before this client ever was connected. */
  readonly from: string | undefined;
  /** Whether this user wrote it, here or on another device. */
  readonly mine: boolean;
  readonly content: Content;
  /** Epoch milliseconds: the server's, and this device's until the server's is known. */
  readonly sentAt: number;
  readonly state: MessageState;
  /** Place in the conversation: order by this. Undefined until sent. */
  readonly seq: number | undefined;
  readonly messageId: string | undefined;
  /** Why it failed. */
  readonly error: ImError | undefined;
}

/** A message that this client is sending or has sent. Its properties change as it makes its way. */
export interface OwnMessage extends ChatMessage {
  /**
   * Resolves when the server has the message for good (IM-SEND-1), whichever attempt brought it there; rejects with an
   * `ImError` when it was refused or given up. Losing the connection is no reason: it waits. A retry makes a new one.
   */
  readonly acked: Promise<Sent>;
}

/** User ids have no colon, so nobody's key is another's. */
export function keyOf(from: string | undefined, mine: boolean, clientMsgId: string): string {
  return `${mine ? '' : from}:${clientMsgId}`;
}

/** What the server holds, as a program sees it. `readUpTo`: how far others have read. */
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

/** An own message as it is now: the copy doesn't change. */
export function copyOf(message: ChatMessage): ChatMessage {
  return Object.fromEntries(FIELDS.map((field) => [field, message[field]])) as unknown as ChatMessage;
}
