import type { Agent } from './chat.ts';

/** Removes memberships that end without a word to the others: those of direct conversations and closed support chats. */
export interface MembershipErasure {
  /** Removes the user's row, with the cursor and the settings, and in a support chat that of its members. Idempotent. */
  forget(userId: string, conversationId: string): Promise<void>;
}

/** Removes from the desk what a user has typed. */
export interface DeskErasure {
  /** Removes the topic of a closed chat. Idempotent. */
  forgetTopic(conversationId: string): Promise<void>;
  /** Removes the name of the agent from a closed chat. Idempotent. */
  forgetAgentName(conversationId: string): Promise<void>;
  /** Removes an agent who is offline. @returns false if the agent has changed since it was read */
  removeAgent(agent: Agent): Promise<boolean>;
}
