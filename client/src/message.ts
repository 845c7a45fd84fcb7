import type { Content } from '../../protocol/content.ts';
import type { Message, Sent } from '../../protocol/frames.ts';
import type { ImError } from './errors.ts';

/** `pending`: on its way. `sent`: the server has it for good. `failed`: it was refused, or sending was given up. */
export type MessageState = 'pending' | 'sent' | 'failed';

/** A message as a program sees it, own or other's. */
export interface ChatMessage {
  /** Undefined for an own message written before this client ever was connected. */
  readonly conversationId: string | undefined;
  /** Names the message within the conversation from the start; an own message's is chosen by this client. */
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

/** What the server holds, as a program sees it. */
export function receivedMessage(message: Message, userId: string | undefined): ChatMessage {
  return { ...message, mine: message.from === userId, state: 'sent', error: undefined };
}
