import type { SystemContent } from '../../../protocol/content.ts';
import type { ChatMessage } from './message.ts';

/** Whether a message says that one of these events happened to this user. */
export function hasHappenedTo(
  userId: string | undefined,
  { content }: Pick<ChatMessage, 'content'>,
  ...events: readonly SystemContent['event'][]
): boolean {
  return content.type === 'system' && isAbout(content, userId) && events.includes(content.event);
}

/** Whether it names this user. A malformed list names no user: one message must not block the next ones. */
export function isAbout({ users }: SystemContent, userId = ''): boolean {
  return [users].flat().includes(userId);
}

/** Whether this user is no longer in the conversation after it. A transfer only removes the agent who made it. */
export function isLoss(content: SystemContent, userId: string | undefined): boolean {
  const { event, by } = content;
  if (event === 'transferred') return by === userId;
  return isAbout(content, userId) && (event === 'left' || event === 'removed' || event === 'requeued');
}
