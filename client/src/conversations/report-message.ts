import type { Conversation } from './conversation.ts';

/**
 * Reports a message to the operator of the deployment, with a copy of it as it is now (IM-REPORT-1). Nobody in the conversation
 * learns of it. Over HTTP: works without a connection.
 *
 * @param reason 1 to 500 characters
 * @throws what `Conversation.history` throws; a `RefusedError` `not_found` if this user can't see the message
 *
 * @example
 * await reportMessage(conversation, message.seq, 'Spam');
 */
export async function reportMessage(conversation: Conversation, seq: number, reason: string): Promise<void> {
  const { ports, state } = conversation;
  const conversationId = await state.resolve();
  await ports.http.call('POST', '/reports', { conversationId, seq, reason });
}
