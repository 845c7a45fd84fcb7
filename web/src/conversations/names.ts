import type { ConversationSummary } from '@serverless-im/client';

/**
 * The name of a group or support chat. A group's name is unknown until it is loaded; a support chat may have no topic.
 */
export function conversationName(name: string | undefined, kind?: ConversationSummary['kind']): string {
  return name ?? (kind === 'support' ? 'Support chat' : 'Group');
}
