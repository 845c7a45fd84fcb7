import type { ChatMessage } from '../model/message.ts';
import type { Conversation } from './conversation.ts';

/**
 * Reads one message over HTTP, for example the one that a message answers. Works without a connection.
 *
 * @returns undefined if there is none for this user: it has expired, or is from before they joined
 * @throws what `Conversation.history` throws
 *
 * @example
 * const original = message.replyTo && (await messageAt(conversation, message.replyTo));
 */
export async function messageAt(conversation: Conversation, seq: number): Promise<ChatMessage | undefined> {
  const { messages } = await conversation.history({ before: seq + 1, limit: 1 });
  return messages.find((message) => message.seq === seq);
}
