import type { Conversation } from './conversation.ts';

/**
 * Reacts to a message, or takes the reaction back. Idempotent. Views and events show it when the server has stored it.
 *
 * @param name usually an emoji: 1 to 32 bytes of UTF-8 in NFC, without white space and control characters
 * @param on false takes the reaction back
 * @throws a `RefusedError` (`limit_reached`: 20 different reactions of the message, or 5 of this user; `forbidden` for recalled
 * messages; `not_found`), a `DisconnectedError` without a connection, a `TimeoutError` after 10 s: then a repeat is safe
 *
 * @example
 * await reactTo(conversation, message.seq, '👍');
 */
export async function reactTo(
  conversation: Conversation,
  seq: number,
  name: string,
  on = true,
): Promise<void> {
  const { ports, state } = conversation;
  const { message } = await ports.sessions.require().request('react', { ...state.target, seq, name, on });
  ports.incoming.changed(message, { kind: 'reacted', by: state.userId ?? '', name, on });
}
