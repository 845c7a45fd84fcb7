import type { ChatMessage } from './message.ts';

/** An entry of the list of conversations. It is immutable: a change makes a new one. */
export interface ConversationSummary {
  readonly conversationId: string;
  readonly kind: 'direct' | 'group' | 'support';
  /** The other user of a direct conversation. */
  readonly peer: string | undefined;
  /** The name of a group, the topic of a support chat. */
  readonly name: string | undefined;
  /** The last message that the server has stored. */
  readonly lastMessage: ChatMessage | null;
  /** How far this user has read. */
  readonly readSeq: number;
  /** Others' messages above `readSeq`; 100 means 100 or more. */
  readonly unread: number;
}
