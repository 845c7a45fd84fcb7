import type { ChatMessage } from '@serverless-im/client';

/** The sentence about how this user left the group, from the last message about their membership; undefined for a member. */
export function departureOf(
  messages: readonly ChatMessage[],
  userId: string | undefined,
): string | undefined {
  if (userId === undefined) return undefined;
  for (const { content } of messages.toReversed()) {
    // A malformed list names nobody. It must not throw, since this runs outside the row that shows the message.
    if (content.type !== 'system' || ![content.users].flat().includes(userId)) continue;
    if (content.event === 'left') return 'You left this group.';
    if (content.event === 'removed') return `${content.by} removed you from this group.`;
    if (content.event === 'joined' || content.event === 'created') return undefined;
  }
  return undefined;
}
