import type { ChatMessage } from './message.ts';
import type { ConversationSettings } from './settings.ts';

/** One conversation in `Client.conversations`. Immutable: a change creates a new object. */
export interface ConversationSummary {
  /** Opens it: `im.conversation(conversationId)`. */
  readonly conversationId: string;
  /** Two users, a group, or a chat of the customer-service desk. */
  readonly kind: 'direct' | 'group' | 'support';
  /** The other user, in a direct conversation. */
  readonly peer: string | undefined;
  /** The name of a group (undefined until it is loaded), the topic of a support chat. */
  readonly name: string | undefined;
  /** The last message that the server has stored; null if there is none. */
  readonly lastMessage: ChatMessage | null;
  /** The `seq` up to which this user has read. */
  readonly readSeq: number;
  /** The number of others' messages above `readSeq`; 100 means 100 or more. */
  readonly unread: number;
  /** There may be more: show `5+`. Always true from 100 on. */
  readonly unreadIsAtLeast: boolean;
  /** The number of unread messages that mention this user, or all members. */
  readonly mentioned: number;
  /** This user's own settings. The same object until they change. */
  readonly settings: ConversationSettings;
}
